# One image for every process of a node: serve, worker, beat, migrate.
# Not run here: see docs/decisions/README.md for what "not run" means in this project.

FROM python:3.11-slim-bookworm AS build
COPY locks/runtime.txt /locks/runtime.txt
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --disable-pip-version-check \
    --require-hashes --no-deps --only-binary :all: -r /locks/runtime.txt

FROM python:3.11-slim-bookworm
RUN groupadd --gid 10001 puente \
 && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin puente \
 && install --directory --owner puente --group puente --mode 0700 /var/lib/puente /keys
COPY --from=build /venv /venv

# Secrets are files named after the setting they hold; the settings themselves come as one mapping.
COPY --chmod=0755 <<'SCRIPT' /usr/local/bin/with-secrets
#!/bin/sh
set -eu
for file in "${SECRETS_DIR:-/run/secrets}"/*_URL; do
    [ -r "$file" ] || continue
    export "$(basename "$file")=$(cat "$file")"
done
exec "$@"
SCRIPT

# The four folders, run from where they stand: the name `fhir` is shared with a library.
WORKDIR /app
COPY config/ config/
COPY fhir/ fhir/
COPY registry/ registry/
COPY workers/ workers/
RUN /venv/bin/python -m compileall -q config fhir registry workers

ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PUENTE_BIND=0.0.0.0 \
    PUENTE_VAR=/var/lib/puente \
    PUENTE_KEYS=/keys/node
USER 10001:10001
VOLUME ["/var/lib/puente", "/keys"]
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["with-secrets", "python", "-m", "registry"]
CMD ["serve"]

"""The container files as files: there is no container engine where the tests run."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.house.tree import PACKAGES, ROOT, text

COMPOSE: dict[str, Any] = yaml.safe_load(text(Path("docker-compose.yml")))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = text(Path("Dockerfile"))


def named(service: dict[str, Any], kind: str) -> set[str]:
    """Give the names of a kind of resource that a service uses."""
    items = service.get(kind, [])
    names = [item.get("source", "") if isinstance(item, dict) else item.split(":")[0] for item in items]
    return {name for name in names if not name.startswith("/")}


def test_a_node_is_web_worker_beat_and_its_two_servers() -> None:
    assert set(SERVICES) == {"migrate", "web", "worker", "beat", "postgres", "redis", "proxy"}
    commands = {name: SERVICES[name]["command"] for name in ("migrate", "web", "worker", "beat")}
    assert commands == {"migrate": ["migrate"], "web": ["serve"], "worker": ["worker"], "beat": ["beat"]}


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_runs_closed(name: str) -> None:
    service = SERVICES[name]
    assert service["user"].split(":")[0] not in ("0", "root")
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.get("privileged")
    assert "healthcheck" in service or name == "migrate"


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"proxy"}))
def test_only_the_proxy_listens_to_the_world(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


@pytest.mark.parametrize("name", ["postgres", "redis"])
def test_database_and_broker_are_reached_from_inside_only(name: str) -> None:
    assert SERVICES[name]["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert "ports" not in SERVICES[name]


def test_secrets_come_as_files_and_never_as_values() -> None:
    assert all(set(secret) == {"file"} for secret in COMPOSE["secrets"].values())
    values = [
        str(value) for service in SERVICES.values() for value in service.get("environment", {}).values()
    ]
    assert not [value for value in values if re.search(r"://[^/\s]*:[^/\s]*@", value)]
    assert "/secrets/" in text(Path(".gitignore"))


@pytest.mark.parametrize("kind", ["secrets", "volumes", "configs"])
def test_what_a_service_uses_is_declared(kind: str) -> None:
    used = {name for service in SERVICES.values() for name in named(service, kind)}
    assert used == set(COMPOSE[kind])


def test_a_service_starts_after_what_it_needs_is_ready() -> None:
    for name in ("web", "worker", "beat"):
        conditions = {other: how["condition"] for other, how in SERVICES[name]["depends_on"].items()}
        assert conditions == {
            "migrate": "service_completed_successfully",
            "postgres": "service_healthy",
            "redis": "service_healthy",
        }


def test_the_proxy_s_address_is_the_one_the_node_trusts() -> None:
    trusted = SERVICES["web"]["environment"]["PUENTE_TRUSTED_PROXY"]
    assert SERVICES["proxy"]["networks"]["front"]["ipv4_address"] == trusted
    assert SERVICES["web"]["networks"]["front"]["ipv4_address"] in COMPOSE["configs"]["proxy"]["content"]


def test_the_proxy_passes_on_the_client_certificate_and_nothing_a_client_wrote_in_its_place() -> None:
    header = "header_up X-Client-Cert {http.request.tls.client.certificate_der_base64}"
    assert header in COMPOSE["configs"]["proxy"]["content"]
    assert "mode request" in COMPOSE["configs"]["proxy"]["content"]


def test_the_image_holds_the_locked_libraries_and_the_four_folders_only() -> None:
    assert "--require-hashes --no-deps" in DOCKERFILE
    copied = re.findall(r"^COPY (?!--)(\S+) ", DOCKERFILE, re.MULTILINE)
    assert copied == ["locks/runtime.txt", *(f"{package}/" for package in PACKAGES)]
    assert re.search(r"^USER 10001:10001$", DOCKERFILE, re.MULTILINE)
    assert "HEALTHCHECK" in DOCKERFILE
    sent = [line[1:] for line in text(Path(".dockerignore")).splitlines() if line.startswith("!")]
    assert sorted(sent) == sorted([*PACKAGES, "locks/runtime.txt"])


def test_secrets_reach_the_program_under_the_names_of_their_settings(tmp_path: Path) -> None:
    script = DOCKERFILE.split("<<'SCRIPT'")[1].split("\n", 1)[1].split("\nSCRIPT\n")[0]
    (tmp_path / "with-secrets").write_text(script)
    (tmp_path / "DATABASE_URL").write_text("postgresql://a:b c@postgres/puente")
    (tmp_path / "REDIS_URL").write_text("redis://redis")
    run = subprocess.run(
        [
            "sh",
            str(tmp_path / "with-secrets"),
            "sh",
            "-c",
            'echo "$DATABASE_URL,$REDIS_URL,$1"',
            "_",
            "serve it",
        ],
        env={**os.environ, "SECRETS_DIR": str(tmp_path)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == "postgresql://a:b c@postgres/puente,redis://redis,serve it\n"

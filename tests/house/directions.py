"""Who may import whom. Edit the tables, not the test: a room is a dotted prefix, the longest one counts.

Source: docs of the layout; imports point one way, config <- fhir <- registry <- workers.
"""

CORE = ("config", "fhir", "registry.errors", "registry.domain", "registry.ports")
WIRING = (
    *CORE,
    "registry",
    "registry.usecases",
    "registry.services",
    "registry.store",
    "registry.crypto",
    "registry.synth",
)

# Room -> the rooms of ours it may import; its own is always allowed.
OURS: dict[str, tuple[str, ...]] = {
    "config": (),
    "fhir": ("config",),
    "registry.errors": ("config", "fhir"),
    "registry.domain": ("config", "fhir", "registry.errors"),
    "registry.ports": ("config", "fhir", "registry.errors", "registry.domain"),
    "registry.usecases": CORE,
    # Adapters: they implement ports and know no use case, no page and not each other.
    "registry.store": CORE,
    "registry.crypto": CORE,
    "registry.waker": CORE,
    # Invented people: plain resources, no storage.
    "registry.synth": CORE,
    # Two doors that share only use cases.
    "registry.api": (*CORE, "registry.usecases"),
    "registry.web": (*CORE, "registry.usecases"),
    "registry.serve": (*CORE, "registry"),
    "registry.site": (*CORE, "registry.api", "registry.web"),
    # The only places that name the adapters.
    "registry.services": (*WIRING, "registry.waker"),
    "registry.cli": (*WIRING, "registry.demo", "registry.serve", "registry.waker"),
    "registry.demo": (*WIRING, "registry.cli"),
    "registry.__main__": ("registry.cli",),
    "registry": (*CORE, "registry.services", "registry.site"),
    "workers": (*CORE, "registry", "registry.usecases", "registry.services", "registry.waker"),
}

# Library -> the only rooms that may import it.
LIBRARIES: dict[str, tuple[str, ...]] = {
    "fhir.resources": ("fhir.r4",),
    "jsonpatch": ("fhir.patch",),
    "jsonpointer": ("fhir.patch",),
    "celery": ("workers", "registry.waker"),
    "kombu": ("workers", "registry.waker"),
    "flask": ("registry.api", "registry.web", "registry.site", "registry"),
    "werkzeug": ("registry.api", "registry.web", "registry.site", "registry"),
    "sqlalchemy": ("registry.store", "registry.services"),
    "alembic": ("registry.store",),
    "psycopg": ("registry.store",),
    "cryptography": ("registry.crypto",),
    "joserfc": ("registry.crypto",),
    "argon2": ("registry.crypto",),
    "httpx": ("workers", "registry.cli", "registry.crypto", "registry.demo"),
    "pkcs11": ("registry.crypto",),
    "click": ("registry.cli", "registry.demo"),
}

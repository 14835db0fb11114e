"""Frozen settings, read once from a mapping; a missing or weak secret stops the start with one sentence."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from config.node import BadNodeFile, Node, read_node

Environment = Literal["demo", "test", "production"]
MEGABYTE = 1_000_000
VERSIONED = ("Consent", "Task")


class BadSettings(ValueError):
    """A setting is missing or unsafe; the sentence says what to do."""


@dataclass(frozen=True)
class Settings:
    """Everything a process of this node needs to know. Sizes in bytes, times in seconds."""

    node: Node
    environment: Environment
    var_dir: Path
    key_dir: Path
    database_url: str
    broker_url: str
    base_url: str
    web_url: str
    bind_host: str = "127.0.0.1"
    bind_port: int = 8000
    web_workers: int = 1
    trusted_proxy: str = ""
    client_cert_header: str = "X-Client-Cert"
    message_limit: int = 5 * MEGABYTE
    session_idle: int = 15 * 60
    session_absolute: int = 10 * 3600
    access_token_life: int = 300
    limits_enabled: bool = True
    # Types that change only with If-Match: their versions are legal grounds or agreed states.
    versioned_types: tuple[str, ...] = VERSIONED
    bulk_hours: int = 24
    # Where the keys live that wrap all others: `file`, `pkcs11:...`, or the address of a transit key.
    kek: str = "file"
    import_sources: tuple[str, ...] = ()

    @property
    def trust_file(self) -> Path:
        """Return the signed trust list of this node."""
        return self.var_dir / "trust.json"

    @property
    def officers_file(self) -> Path:
        """Return the file that pins the officers who sign the trust list."""
        return self.var_dir / "officers.json"

    @property
    def tombstones_file(self) -> Path:
        """Return the file of erasures, which a restore needs beside the backup."""
        return self.key_dir / "erased.jsonl"

    @property
    def key_database(self) -> str:
        """Return the URL of the key table: a second file on SQLite, the same database elsewhere."""
        if self.database_url.startswith("sqlite"):
            return f"sqlite:///{self.var_dir / 'keys.sqlite'}"
        return self.database_url

    @property
    def on_loopback(self) -> bool:
        """Tell whether partners reach this node without TLS, on this machine only."""
        return self.base_url.startswith(("http://127.0.0.1", "http://localhost"))

    @property
    def audience(self) -> str:
        """Return the token endpoint's address, the audience of client assertions."""
        return f"{self.base_url}/oauth/token"


def load(environ: Mapping[str, str]) -> Settings:
    """Build the settings of one node; raise BadSettings with one sentence that says what to do."""
    code = environ.get("PUENTE_NODE", "")
    if not code:
        raise BadSettings("Set PUENTE_NODE to the code of this node, for example PUENTE_NODE=pe.")
    try:
        node = read_node(code)
    except BadNodeFile as error:
        raise BadSettings(str(error)) from None
    environment = _environment(environ)
    var_dir = Path(environ.get("PUENTE_VAR", f"var/{code}")).resolve()
    port = _number(environ, "PUENTE_PORT", 8000, 1, 65535)
    base_url = environ.get("PUENTE_BASE_URL", f"http://127.0.0.1:{port}").rstrip("/")
    settings = Settings(
        node=node,
        environment=environment,
        var_dir=var_dir,
        key_dir=Path(environ.get("PUENTE_KEYS", str(var_dir / "keys"))).resolve(),
        database_url=_database_url(environ, var_dir),
        broker_url=environ.get("REDIS_URL", ""),
        base_url=base_url,
        web_url=environ.get("PUENTE_WEB_URL", base_url).rstrip("/"),
        bind_host=environ.get("PUENTE_BIND", "127.0.0.1"),
        bind_port=port,
        web_workers=_number(environ, "PUENTE_WEB_WORKERS", 1, 1, 64),
        trusted_proxy=environ.get("PUENTE_TRUSTED_PROXY", ""),
        client_cert_header=environ.get("PUENTE_CLIENT_CERT_HEADER", "X-Client-Cert"),
        message_limit=_number(environ, "PUENTE_MESSAGE_LIMIT", 5 * MEGABYTE, 100_000, 100 * MEGABYTE),
        limits_enabled=environ.get("PUENTE_LIMITS", "on") != "off",
        versioned_types=tuple(environ.get("PUENTE_IF_MATCH", " ".join(VERSIONED)).split()),
        kek=environ.get("PUENTE_KEK", "file"),
        bulk_hours=_number(environ, "PUENTE_BULK_HOURS", 24, 1, 720),
        import_sources=_sources(environ),
    )
    _check_safe(settings)
    return settings


def _environment(environ: Mapping[str, str]) -> Environment:
    value = environ.get("PUENTE_ENV", "production")
    match value:
        case "demo" | "test" | "production":
            return value
        case _:
            raise BadSettings(f"PUENTE_ENV is {value!r}: set it to production, demo or test.")


def _database_url(environ: Mapping[str, str], var_dir: Path) -> str:
    url = environ.get("DATABASE_URL", "") or f"sqlite:///{var_dir / 'puente.sqlite'}"
    if url.startswith("postgresql://"):
        url = "postgresql+psycopg://" + url.removeprefix("postgresql://")
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise BadSettings("DATABASE_URL must start with postgresql:// or sqlite:///.")
    return url


def _sources(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the beginnings of addresses that files may be imported from; each ends with a slash."""
    found = tuple(environ.get("PUENTE_IMPORT_SOURCES", "").split())
    for address in found:
        if not re.fullmatch(r"https?://[A-Za-z0-9.\-]+(:[0-9]{1,5})?/(\S*/)?", address):
            raise BadSettings("PUENTE_IMPORT_SOURCES: write https://host/folder/ with a slash at the end.")
    return found


def _number(environ: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = environ.get(name, "")
    if not text:
        return default
    if not text.isdecimal() or not low <= int(text) <= high:
        raise BadSettings(f"{name} must be a whole number from {low} to {high}.")
    return int(text)


def _check_safe(settings: Settings) -> None:
    loopback = settings.on_loopback
    if settings.environment != "production":
        if not loopback:
            raise BadSettings("Outside production PUENTE_BASE_URL must be a loopback address.")
        return
    if not settings.broker_url:
        raise BadSettings(
            "Set REDIS_URL to the broker of this node, for example redis://user:password@host:6379/0."
        )
    if not loopback and not settings.base_url.startswith("https://"):
        raise BadSettings("PUENTE_BASE_URL must start with https:// unless it is a loopback address.")
    if not all(address.startswith("https://") for address in settings.import_sources):
        raise BadSettings("PUENTE_IMPORT_SOURCES must be https:// addresses.")
    if not settings.limits_enabled:
        raise BadSettings("PUENTE_LIMITS=off is for tests: remove it in production.")

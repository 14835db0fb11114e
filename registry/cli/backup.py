"""Back a node up while it works: database and key table in separate sealed archives."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from registry.cli.files import write_closed
from registry.cli.here import Here, with_here
from registry.errors import Conflict, Misconfigured

if TYPE_CHECKING:
    from registry.crypto.wrapping.providers import KekSources

MAIN, KEYS, MANIFEST = "database.sealed", "keys.sealed", "manifest.json"


@click.command("backup", epilog="Example: puente backup /backup/2026-11-22")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@with_here
def backup_command(here: Here, folder: Path) -> None:
    """Write all rows into a new FOLDER: move keys.sealed elsewhere, keep it 30 days at most.

    The key folder is not in it: without that folder (or its key module) nothing of this opens.
    """
    from registry.store.backup.dump import rows_of
    from registry.store.migrate import KEY_HISTORY, MAIN_HISTORY, revision
    from registry.usecases.keys import noting

    _new(folder)
    taken = here.services.clock.now().isoformat(timespec="seconds")
    provider, parts = sources(here), {}
    with databases(here) as (engine, key_engine):
        # Data first: every key that sealed it is then in the key table still, unless the person was erased.
        for name, one, history in ((MAIN, engine, MAIN_HISTORY), (KEYS, key_engine, KEY_HISTORY)):
            about = {
                "id": here.services.ids.new(),
                "node": here.settings.node.code,
                "kind": history.name,
                "revision": revision(one),
                "taken": taken,
            }
            parts[name] = _part(provider, folder / name, about, rows_of(one, history.metadata))
    node, index = here.settings.node.code, index_of(here)
    manifest = {"node": node, "taken": taken, "index": index, "archives": parts}
    write_closed(folder / MANIFEST, json.dumps(manifest, indent=1).encode())
    rows = sum(int(str(part["lines"])) for part in parts.values())
    noting.note(here.services, here.caller, "backup", (("rows", rows),))
    click.echo(f"{rows} lines in {folder}. Move {KEYS} to another place than {MAIN}.")


@contextmanager
def databases(here: Here) -> Iterator[tuple[Any, Any]]:
    """Give engines of the database and the key table, and end them."""
    from registry.store.engine import make_engine, make_key_engine

    engine, key_engine = make_engine(here.settings.database_url), make_key_engine(here.settings.key_database)
    try:
        yield engine, key_engine
    finally:
        engine.dispose()
        key_engine.dispose()


def sources(here: Here) -> "KekSources":
    """Return the node's wrapping keys; raise Misconfigured when they are missing."""
    from registry.crypto.sealing.key_files import KeyFilesUnsafe
    from registry.crypto.wrapping.providers import open_sources

    try:
        return open_sources(here.settings.key_dir, here.settings.kek)
    except KeyFilesUnsafe as error:
        raise Misconfigured(str(error)) from None


def index_of(here: Here) -> str:
    """Return the name of the index key that search tokens are made with."""
    return [fact.name for fact in here.services.keyring.facts() if fact.use == "index"][-1]


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _new(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True)
    except FileExistsError:
        raise Conflict(f"{folder} exists already: every backup gets a folder of its own.") from None


def _part(
    provider: "KekSources", path: Path, about: dict[str, str], lines: Iterator[bytes]
) -> dict[str, str | int]:
    from registry.crypto.sealing.archive import write_archive

    with _closed(path) as file:
        count = write_archive(provider, file, about, lines)
    return {"sha256": digest_of(path), "bytes": path.stat().st_size, "lines": count}


@contextmanager
def _closed(path: Path) -> Iterator[BinaryIO]:
    write_closed(path, b"")
    with path.open("wb") as file:
        yield file

"""Bring an empty node back from a backup; who was erased since then stays erased."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from registry.cli.backup import KEYS, MAIN, MANIFEST, databases, digest_of, index_of, sources
from registry.cli.here import Here, with_here
from registry.errors import BadInput, Conflict, Misconfigured, NotFound, Unreadable


@click.command("restore", epilog="Example: puente restore /backup/2026-11-22")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--tombstones", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="The newest copy of erased.jsonl, when the key folder has none.")  # fmt: skip
@click.option("--nobody-erased", is_flag=True, help="There is no such file: nobody was ever erased here.")
@with_here
def restore_command(here: Here, folder: Path, tombstones: Path | None, nobody_erased: bool) -> None:
    """Fill the databases from FOLDER; refuses over a node that holds anything.

    The key folder must be there already, restored from its own backup. Stop all processes of the node first.
    """
    from registry.usecases.erasure import erase
    from registry.usecases.keys import noting

    _check_manifest(here, folder)
    known = _tombstones(here, tombstones, nobody_erased)
    counts = _load(here, folder, known)
    _index_anew(here, folder)
    erased = erase.replay(here.services, here.caller, known)
    details = (("rows", sum(counts.values())), ("erased", erased))
    noting.note(here.services, here.caller, "restore", details)
    click.echo(f"Restored {counts.get('person', 0)} people, {sum(counts.values())} rows.")
    click.echo(f"Erased again: {erased}. Now: puente doctor, puente audit verify, then start the node.")


def _check_manifest(here: Here, folder: Path) -> None:
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        parts, node = {name: manifest["archives"][name]["sha256"] for name in (MAIN, KEYS)}, manifest["node"]
    except (ValueError, KeyError, TypeError):
        raise BadInput(f"{folder / MANIFEST} is not the manifest of a backup.") from None
    if node != here.settings.node.code:
        raise BadInput("This is the backup of another node.")
    for name in parts:
        if not (folder / name).is_file():
            raise NotFound(f"{folder / name} is missing: bring both archives of one backup together.")
    for name, digest in parts.items():
        if digest_of(folder / name) != digest:
            raise BadInput(f"{folder / name} is not the file that was written: use another copy.")


def _tombstones(here: Here, path: Path | None, nobody_erased: bool) -> Sequence[Any]:
    from registry.crypto.adapters.tombstones import read_tombstones

    own = here.settings.tombstones_file
    if path is None and not own.exists() and not nobody_erased:
        raise BadInput(
            f"Who was erased since the backup? Bring {own.name} back into the key folder or name it with "
            "--tombstones; if nobody was ever erased, say --nobody-erased."
        )
    return [
        found for each in (path, own) if each is not None and each.exists() for found in read_tombstones(each)
    ]


def _load(here: Here, folder: Path, known: Sequence[Any]) -> dict[str, int]:
    from registry.store.migrate import KEY_HISTORY, MAIN_HISTORY, migrate

    counts: dict[str, int] = {}
    with databases(here) as (engine, key_engine):
        _check_empty(engine)
        wanted = _not_erased(here, {each.pseudonym for each in known})
        # Keys first, without those of erased people: no moment at which they open anything.
        for name, one, history in ((KEYS, key_engine, KEY_HISTORY), (MAIN, engine, MAIN_HISTORY)):
            try:
                counts |= _part(here, folder / name, (one, history), wanted)
            except Unreadable:
                raise Misconfigured(
                    "The archives do not open: the key folder is not the one they need."
                ) from None
        migrate(engine, key_engine)
    return counts


def _part(here: Here, path: Path, into: tuple[Any, Any], wanted: Any) -> dict[str, int]:
    from registry.crypto.sealing.archive import read_archive, read_head
    from registry.store.backup.load import load, load_main
    from registry.store.migrate import move

    engine, history = into
    with path.open("rb") as file:
        revision = read_head(file)["revision"]
        file.seek(0)
        _check_schema(engine, revision)
        move(engine, history, revision)
        lines = read_archive(sources(here), file)
        return load_main(engine, lines) if path.name == MAIN else load(engine, lines, wanted)


def _check_empty(engine: Any) -> None:
    from registry.store.backup.dump import is_empty
    from registry.store.migrate import revision

    if revision(engine) and not is_empty(engine):
        raise Conflict("This node holds data: a backup is restored into an empty one only.")


def _check_schema(engine: Any, wanted: str) -> None:
    from registry.store.migrate import revision

    if revision(engine) not in ("", wanted):
        raise Conflict("The backup is of another version: restore it into databases without any table.")


def _index_anew(here: Here, folder: Path) -> None:
    """Compute search tokens anew when the index key was changed after the backup."""
    from registry.usecases.keys import changes

    if json.loads((folder / MANIFEST).read_bytes()).get("index") == index_of(here):
        return
    place = changes.Place()
    while place.stage == "first":
        place, _ = changes.reindex(here.services, here.caller, "", place)


def _not_erased(here: Here, wanted: set[str]) -> Any:
    from registry.services import pseudonym_maker

    pseudonym = pseudonym_maker(here.settings)
    return lambda _, row: pseudonym(row["owner_id"]) not in wanted

"""Take in FHIR files through the same door that partners use."""

import json
from pathlib import Path

import click

from registry.cli.here import Here, with_here
from registry.domain.model import Caller
from registry.errors import BadInput, Refusal

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command("import", epilog="Example: puente import ./documents --as fhir-demo")
@click.argument("folder", type=FOLDER)
@click.option("--as", "partner_id", default="", help="The partner of kind fhir they come from.")
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="Write findings as JSON.")
@with_here
def import_command(here: Here, folder: Path, partner_id: str, report: Path | None) -> int:
    """Keep every *.json file of a folder as received and show what was found; exit 1 when one is refused."""
    files = sorted(folder.glob("*.json"))
    if not files:
        raise BadInput(f"There is no .json file in {folder}.")
    caller = _caller(here, partner_id)
    results = []
    with click.progressbar(files, label="Documents", show_pos=True) as bar:
        results = [_take(here, caller, path) for path in bar]
    for row in results:
        click.echo(f"{row['status']} {row['state']:9} {row['findings']:4} findings  {row['file']}")
    if report is not None:
        report.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return 0 if all(result["stored"] for result in results) else 1


def _caller(here: Here, partner_id: str) -> Caller:
    doors = [policy for policy in here.settings.node.partners if policy.kind == "fhir"]
    chosen = [policy for policy in doors if policy.id == partner_id] if partner_id else doors[:1]
    if not chosen:
        raise BadInput("The node file has no such partner of kind fhir.")
    return Caller(here.caller.id, "partner", chosen[0].id, scopes=("system/*.c",))


def _take(here: Here, caller: Caller, path: Path) -> dict[str, object]:
    from registry.usecases.exchange.receiving import door, receive
    from registry.usecases.exchange.receiving import review as incoming

    data = path.read_bytes()
    try:
        taken = door.accept_document(here.services, caller, data, _type_of(data))
        receive.process(here.services, taken.inbox_id)
        status = incoming.status(here.services, caller, taken.inbox_id)
    except Refusal as refusal:
        issues = [issue.text for issue in refusal.issues] or [refusal.sentence]
        return _row(path, refusal.status, "refused", issues) | {"stored": False}
    return _row(path, 202, status.state, [issue.text for issue in status.findings]) | {"stored": True}


def _row(path: Path, status: int, state: str, texts: list[str]) -> dict[str, object]:
    return {"file": path.name, "status": status, "state": state, "findings": len(texts), "texts": texts}


def _type_of(data: bytes) -> str:
    """Return the type a file says it has; the door checks it."""
    try:
        return str(json.loads(data)["resourceType"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return "Bundle"

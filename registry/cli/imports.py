"""Bring data in: documents through the partner's door, whole records as NDJSON, lists of facilities."""

import importlib

import click

from registry.cli.documents import import_command as documents_command

SEVERAL = {
    "ndjson": "registry.cli.import_ndjson",
    "facilities": "registry.cli.import_facilities",
}
DOCUMENTS = "documents"
_HELP = ("-h", "--help")


class Imports(click.Group):
    """Finds what to import; a folder alone means documents."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words; `puente import FOLDER` is `puente import documents FOLDER`."""
        if args and args[0] not in (*SEVERAL, DOCUMENTS, *_HELP):
            args = [DOCUMENTS, *args]
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, in order."""
        return sorted((*SEVERAL, DOCUMENTS))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, or None when there is none of this name."""
        if cmd_name == DOCUMENTS:
            return documents_command
        module = SEVERAL.get(cmd_name)
        if module is None:
            return None
        found: click.Command = getattr(importlib.import_module(module), f"{cmd_name}_command")
        return found


@click.command("import", cls=Imports, epilog="Example: puente import ndjson ./export --findings bad.ndjson")
def import_command() -> None:
    """Bring data into this node."""

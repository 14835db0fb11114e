"""The group of commands and the one place where a failure becomes a sentence and an exit code."""

import importlib
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

import click

from config import BadSettings
from config.logs import Event, kind, log, where
from config.quiet import set_up
from registry.errors import Refusal

NOT_SET_UP = 8
DEFECT = 70
INTERRUPTED = 130

# Command -> module that holds it; loaded when it is asked for, because some libraries take long to load.
COMMANDS = {
    "approve": "registry.cli.approve",
    "audit": "registry.cli.audit",
    "backup": "registry.cli.backup",
    "beat": "registry.cli.processes",
    "client": "registry.cli.client",
    "demo": "registry.cli.demo",
    "doctor": "registry.cli.doctor",
    "erase": "registry.cli.erase",
    "import": "registry.cli.imports",
    "keys": "registry.cli.keys",
    "migrate": "registry.cli.migrate",
    "partner": "registry.cli.partner",
    "publish": "registry.cli.publish",
    "restore": "registry.cli.restore",
    "serve": "registry.cli.processes",
    "synth": "registry.cli.synth",
    "user": "registry.cli.user",
    "worker": "registry.cli.processes",
}
UNKNOWN_VERSION = "0.1.0"
LOUD = frozenset({"serve", "worker", "beat"})


def _version() -> str:
    try:
        return version("puente")
    except PackageNotFoundError:
        return UNKNOWN_VERSION


class Commands(click.Group):
    """Finds a command in its module."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, in order."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, or None when there is none of this name."""
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        found: click.Command = getattr(importlib.import_module(module), f"{cmd_name}_command")
        return found


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(version=_version(), message="%(version)s")
def puente() -> None:
    """Run and look after one registry node.

    The settings come from the environment: PUENTE_NODE (for example pe), DATABASE_URL, REDIS_URL and others;
    see docs/operate.md. Every command has --help with an example.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    set_up("INFO" if words and words[0] in LOUD else "ERROR")
    try:
        result = puente.main(args=words, prog_name="puente", standalone_mode=False)
    except (Refusal, BadSettings, OSError, click.ClickException, click.Abort) as error:
        return _explain(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001  (the last place: a defect becomes a sentence, never a traceback)
        log(Event.COMMAND_FAILED, command=words[0] if words else "", error=kind(error), where=where(error))
        click.echo("puente: Something failed inside; the line above says where.", err=True)
        return DEFECT
    return result if isinstance(result, int) else 0


def _explain(error: Exception) -> int:
    """Write one sentence and return the exit code of its kind."""
    match error:
        case Refusal():
            click.echo(f"puente: {error.sentence}", err=True)
            for issue in error.issues:
                click.echo(f"  {issue.path or '-'}: {issue.text} [{issue.rule}]", err=True)
            return error.exit_code
        case BadSettings():
            click.echo(f"puente: {error}", err=True)
            return NOT_SET_UP
        case click.ClickException():
            error.show()
            return error.exit_code
        case click.Abort():
            return INTERRUPTED
        case OSError():
            place = f" ({error.filename})" if error.filename else ""
            click.echo(f"puente: {error.strerror or 'The system refused'}{place}.", err=True)
            return NOT_SET_UP
        case _:
            return DEFECT

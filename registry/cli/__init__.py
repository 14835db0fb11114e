"""The command `puente`: one file per subject; errors are one sentence, and exit codes tell their kind."""

from registry.cli.main import main

__all__ = ["main"]

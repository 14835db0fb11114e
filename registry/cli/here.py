"""What commands share: the settings and services of this node, and who asks."""

import getpass
import os
from functools import cached_property
from typing import TYPE_CHECKING

import click

from config import Settings, load
from registry.domain.model import Caller

if TYPE_CHECKING:
    from registry.ports import Services


class Here:
    """This node, built when a command first needs it."""

    @cached_property
    def settings(self) -> Settings:
        """Return the settings; raise BadSettings with one sentence."""
        return load(os.environ)

    @cached_property
    def services(self) -> "Services":
        """Return the services; raise Misconfigured when keys are missing."""
        from registry.services import build

        return build(self.settings)

    @cached_property
    def caller(self) -> Caller:
        """Return who asks: whoever may run commands on this machine acts for the node."""
        try:
            name = getpass.getuser()
        except (OSError, KeyError):
            name = str(os.getuid())
        return Caller(f"operator:{name}"[:64], "system", self.settings.node.code)


with_here = click.make_pass_decorator(Here, ensure=True)

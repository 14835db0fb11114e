"""The keys of a node: made once, shown by name, changed while the node works, destroyed by two people."""

from registry.cli.keys import change, copy
from registry.cli.keys.group import keys_command

__all__ = ["change", "copy", "keys_command"]

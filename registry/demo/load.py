"""Load one demo node in a process of its own, so that the nodes load at the same time."""

import os
import sys
from pathlib import Path

from config import load
from registry.demo.people import set_up
from registry.services import build


def main(words: list[str]) -> None:
    """Read `number origin|other result-file`; the node comes from the environment."""
    number, part, result = words
    set_up(build(load(os.environ)), int(number), part == "origin", Path(result))


if __name__ == "__main__":
    main(sys.argv[1:])

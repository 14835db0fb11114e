"""Run the command line: `python -m registry ...` is the same as `puente ...`."""

import sys

from registry.cli import main

if __name__ == "__main__":
    sys.exit(main())

"""Celery workers and beat of one node, for `celery -A workers`: they call use cases and hold no rules."""

import os
from typing import Any


def __getattr__(name: str) -> Any:
    """Build `workers.app` when Celery asks for it: importing a part of this package needs no settings."""
    if name != "app":
        raise AttributeError(name)
    from config import load
    from workers.program import make_app

    globals()["app"] = made = make_app(load(os.environ))
    return made

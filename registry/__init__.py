"""A registry node: rules, use cases, storage and HTTP. `create_app` builds its WSGI application."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from config import Settings
    from registry.ports import Services


def create_app(settings: "Settings | None" = None, services: "Services | None" = None) -> "Flask":
    """Return the application of a node: pages for people, and an interface for systems beside them.

    Without arguments the settings are read from the environment of the process. Imports are inside, so that
    importing a part of this package costs nothing more.
    """
    from config import load
    from registry import site
    from registry.services import build

    chosen = settings or (services.settings if services else load(os.environ))
    return site.make(services or build(chosen))

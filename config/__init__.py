"""Settings and node files. Imports nothing else of this project."""

from config.node import Facility, IdentifierKind, Node, PartnerPolicy, Thresholds
from config.settings import BadSettings, Settings, load

__all__ = [
    "BadSettings",
    "Facility",
    "IdentifierKind",
    "Node",
    "PartnerPolicy",
    "Settings",
    "Thresholds",
    "load",
]

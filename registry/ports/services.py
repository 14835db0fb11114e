"""Everything a use case may need, built once from the settings by registry/services.py."""

from collections.abc import Callable
from dataclasses import dataclass

from config import Settings
from registry.ports.outside import BlindIndex, Clock, Cryptography, NewIds, PartnerClient, Vault
from registry.ports.unit import Unit


@dataclass(frozen=True)
class Services:
    """The adapters of one node, by port."""

    settings: Settings
    unit: Callable[[], Unit]
    vault: Vault
    index: BlindIndex
    clock: Clock
    ids: NewIds
    crypto: Cryptography
    partners: PartnerClient | None = None

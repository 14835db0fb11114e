"""Everything a use case may need, built once from the settings by registry/services.py."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from config import Node, Settings
from registry.ports.keys import KeyRing, Tombstones
from registry.ports.outside import (
    BlindIndex,
    Clock,
    Cryptography,
    NewIds,
    PartnerClient,
    Secrets,
    Vault,
    Witness,
)
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
    secrets: Secrets
    witness: Witness
    keyring: KeyRing
    tombstones: Tombstones
    partners: PartnerClient | None = None
    session_key: bytes = field(default=b"", repr=False)

    @property
    def node(self) -> Node:
        """Return the node this process serves."""
        return self.settings.node

    def today(self) -> date:
        """Return the node's local date: care rules compare local days."""
        return self.clock.now().astimezone(self.node.time_zone).date()

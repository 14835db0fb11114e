"""Ports: what use cases need from storage, keys, partners and time. Adapters are named only in
registry/services.py.
"""

from registry.ports.access import Sessions, Tokens, Users
from registry.ports.audit import Audit
from registry.ports.care import CareStates, Consents, Documents, People, Records, Transfers
from registry.ports.charts import Charts
from registry.ports.exchange import Aliases, Inbox, Outbox, Receipts
from registry.ports.finding import Finding
from registry.ports.jobs import Jobs, Shelves
from registry.ports.keys import Approvals, Erasures, KeyRing, SealedRows, Tombstones
from registry.ports.outside import (
    BlindIndex,
    Clock,
    Cryptography,
    NewIds,
    PartnerClient,
    Secrets,
    Vault,
    Waker,
    Witness,
)
from registry.ports.services import Services
from registry.ports.subscriptions import Subscriptions
from registry.ports.unit import Unit

__all__ = [
    "Aliases",
    "Approvals",
    "Audit",
    "BlindIndex",
    "CareStates",
    "Charts",
    "Clock",
    "Consents",
    "Cryptography",
    "Documents",
    "Erasures",
    "Finding",
    "Inbox",
    "Jobs",
    "KeyRing",
    "NewIds",
    "Outbox",
    "PartnerClient",
    "People",
    "Receipts",
    "Records",
    "SealedRows",
    "Secrets",
    "Services",
    "Sessions",
    "Shelves",
    "Subscriptions",
    "Tokens",
    "Tombstones",
    "Transfers",
    "Unit",
    "Users",
    "Vault",
    "Waker",
    "Witness",
]

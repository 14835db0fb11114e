"""Build the adapters of one node from its settings; the only module that names them."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime

from config import Settings
from registry.crypto.adapters.exchange import NodeCryptography
from registry.crypto.adapters.sign_in import SignInSecrets
from registry.crypto.adapters.vault import OwnerVault, TokenIndex
from registry.crypto.adapters.witness import NodeWitness
from registry.crypto.index.blind import BlindIndex, pseudonym
from registry.crypto.partners.officers import Officers
from registry.crypto.partners.trust import TrustList
from registry.crypto.partners.trust_file import TrustCache, TrustRefused, load_trust
from registry.crypto.people.passwords import Passwords
from registry.crypto.sealing.keys import (
    FileKeyProvider,
    KeyFilesUnsafe,
    OwnerKeys,
    WrappedKey,
    load_node_keys,
)
from registry.errors import Misconfigured
from registry.ports import Clock, PartnerClient, Services, Unit, Waker
from registry.store.engine import make_engine, make_key_engine
from registry.store.keytable import SqlKeyTable
from registry.store.unit import SqlUnit
from registry.waker import CeleryWaker, SilentWaker


class SystemClock:
    """The machine's clock, in UTC."""

    def now(self) -> datetime:
        """Return the time."""
        return datetime.now(UTC)


class RandomIds:
    """Random UUIDs."""

    def new(self) -> str:
        """Return a new id."""
        return str(uuid.uuid4())


def build(settings: Settings, partners: PartnerClient | None = None, clock: Clock | None = None) -> Services:
    """Build everything a node's process needs; raise Misconfigured with one sentence when it is not set
    up.
    """
    time = clock or SystemClock()
    try:
        keys = load_node_keys(settings.key_dir)
        provider = FileKeyProvider(settings.key_dir)
    except KeyFilesUnsafe as error:
        raise Misconfigured(str(error)) from None
    engine = make_engine(settings.database_url)
    owner_keys = OwnerKeys(provider, SqlKeyTable(make_key_engine(settings.key_database), WrappedKey))
    waker: Waker = CeleryWaker(settings.broker_url) if settings.broker_url else SilentWaker()
    trust = trust_reader(settings, time.now)

    def pseudonym_of(owner_id: str) -> str:
        return pseudonym(keys.audit_pseudonym, owner_id).hex()

    def unit() -> Unit:
        zone = settings.node.time_zone
        return SqlUnit(engine, pseudonym=pseudonym_of, waker=waker, ids=ids, zone=zone)

    ids = RandomIds()
    return Services(
        settings=settings,
        unit=unit,
        vault=OwnerVault(owner_keys),
        index=TokenIndex(BlindIndex(keys.index_root)),
        clock=time,
        ids=ids,
        crypto=NodeCryptography(settings.node.code, keys, trust, time.now, settings.message_limit),
        secrets=SignInSecrets(Passwords(), trust),
        witness=NodeWitness(settings.node.code, keys.checkpoint),
        partners=partners,
        session_key=keys.session,
    )


def trust_reader(settings: Settings, now: Callable[[], datetime]) -> Callable[[], TrustList]:
    """Return a function that gives the trust list in force, re-read when its file changes."""
    cache, officers = TrustCache(), Officers(settings.officers_file)

    def trust() -> TrustList:
        try:
            return load_trust(settings.trust_file, officers.read(), now(), cache)
        except TrustRefused as error:
            raise Misconfigured(str(error)) from None

    return trust

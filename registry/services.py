"""Build the adapters of one node from its settings; the only module that names them."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime

from config import Settings
from registry.crypto.adapters.exchange import NodeCryptography
from registry.crypto.adapters.keyring import NodeKeyRing
from registry.crypto.adapters.sign_in import SignInSecrets
from registry.crypto.adapters.tombstones import TombstoneFile
from registry.crypto.adapters.vault import OwnerVault, TokenIndex
from registry.crypto.adapters.witness import NodeWitness
from registry.crypto.index.blind import pseudonym
from registry.crypto.partners.officers import Officers
from registry.crypto.partners.trust import TrustList
from registry.crypto.partners.trust_file import TrustCache, TrustRefused, load_trust
from registry.crypto.people.passwords import Passwords
from registry.crypto.sealing.index_roots import IndexRoots
from registry.crypto.sealing.keys import KeyFilesUnsafe, OwnerKeys, WrappedKey, load_node_keys
from registry.crypto.wrapping.providers import FILE, open_sources
from registry.errors import Misconfigured
from registry.ports import Clock, PartnerClient, Services, Unit, Waker
from registry.store.engine import make_engine, make_key_engine
from registry.store.keys.care import SqlKeyCare
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
        keys = load_node_keys(settings.key_dir, keks_elsewhere=settings.kek != FILE)
        sources = open_sources(settings.key_dir, settings.kek)
    except KeyFilesUnsafe as error:
        raise Misconfigured(str(error)) from None
    engine = make_engine(settings.database_url)
    key_engine = make_key_engine(settings.key_database)
    owner_keys = OwnerKeys(sources, SqlKeyTable(key_engine, WrappedKey))
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
        index=TokenIndex(IndexRoots(settings.key_dir)),
        clock=time,
        ids=ids,
        crypto=NodeCryptography(settings.node.code, keys, trust, time.now, settings.message_limit),
        secrets=SignInSecrets(Passwords(), trust),
        witness=NodeWitness(settings.node.code, keys.checkpoint, keys.older_checkpoints),
        keyring=NodeKeyRing(sources, SqlKeyCare(key_engine, WrappedKey), owner_keys.forget, settings.key_dir),
        tombstones=TombstoneFile(settings.tombstones_file),
        partners=partners,
        session_key=keys.session,
    )


def pseudonym_maker(settings: Settings) -> Callable[[str], str]:
    """Return the function that names people in the audit trail and on tombstones."""
    try:
        keys = load_node_keys(settings.key_dir, keks_elsewhere=settings.kek != FILE)
    except KeyFilesUnsafe as error:
        raise Misconfigured(str(error)) from None
    return lambda owner_id: pseudonym(keys.audit_pseudonym, owner_id).hex()


def trust_reader(settings: Settings, now: Callable[[], datetime]) -> Callable[[], TrustList]:
    """Return a function that gives the trust list in force, re-read when its file changes."""
    cache, officers = TrustCache(), Officers(settings.officers_file)

    def trust() -> TrustList:
        try:
            return load_trust(settings.trust_file, officers.read(), now(), cache)
        except TrustRefused as error:
            raise Misconfigured(str(error)) from None

    return trust

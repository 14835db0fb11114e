"""Random names for people, and the counters of messages about them."""

from collections.abc import Iterator

from sqlalchemy import select

from registry import ports
from registry.domain.model import Alias
from registry.errors import Conflict
from registry.store import tables
from registry.store.care import proof
from registry.store.shapes import Shape
from registry.store.transaction import Transaction

_ALIAS = Shape(tables.alias, Alias)
_C = tables.alias.c
_SEQ = tables.alias_seq.c


class SqlAliases:
    """The port Aliases."""

    def __init__(self, transaction: Transaction, audit: ports.Audit) -> None:
        """Work through a unit's transaction; the audit trail vouches for every row."""
        self._transaction = transaction
        self._audit = audit

    def of(self, partner: str, owner_id: str) -> Alias | None:
        """Return the alias used with a partner for a person: our own one, else the newest of theirs."""
        wanted = _ALIAS.select.where(_C.partner == partner, _C.owner_id == owner_id)
        best = wanted.order_by(_C.minted_by.desc(), _C.added.desc(), _C.alias).limit(1)
        return _ALIAS.find(self._transaction.execute(best).one_or_none())

    def add(self, alias: Alias) -> None:
        """Add an alias; a second one of ours, or one that stands for somebody else, raises Conflict."""
        values = _ALIAS.values(alias) | {"added": self._transaction.clock()}
        statement = self._transaction.insert(tables.alias).values(values).on_conflict_do_nothing()
        if self._transaction.changed(statement):
            proof.note(self._audit, proof.of_alias(alias))
        elif self.owner(alias.partner, alias.alias) != alias.owner_id:
            raise Conflict("There is another alias for this person and partner already.")

    def digests(self) -> Iterator[tuple[str, int, str]]:
        """Yield (reference, version, digest) of what is stored now, by reference."""
        return proof.aliases(self._transaction)

    def owner(self, partner: str, alias: str) -> str | None:
        """Return the person an alias stands for."""
        wanted = select(_C.owner_id).where(_C.partner == partner, _C.alias == alias)
        owner: str | None = self._transaction.execute(wanted).scalar_one_or_none()
        return owner

    def next_seq(self, partner: str, alias: str) -> int:
        """Count up and return the sequence number of the next message about this alias."""
        statement = (
            self._transaction.insert(tables.alias_seq)
            .values(partner=partner, alias=alias, seq=1)
            .on_conflict_do_update(index_elements=[_SEQ.partner, _SEQ.alias], set_={"seq": _SEQ.seq + 1})
            .returning(_SEQ.seq)
        )
        number: int = self._transaction.execute(statement).scalar_one()
        return number

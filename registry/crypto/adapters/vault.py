"""Seal and open rows for owners (port Vault) and compute search tokens (port BlindIndex)."""

from collections.abc import Callable, Sequence

from registry.crypto.index import blind, terms
from registry.crypto.sealing.envelope import Place
from registry.crypto.sealing.owner_keys import OwnerKeys
from registry.domain.model import SearchToken
from registry.errors import Unreadable


class OwnerVault:
    """The vault over the owners' data keys."""

    def __init__(self, keys: OwnerKeys) -> None:
        self._keys = keys

    def seal(self, owner_id: str, place: tuple[str, str, str, int], plain: bytes) -> bytes:
        """Seal for (table, row id, column, revision), creating the owner's key when there is none."""
        return self._keys.seal(_place(owner_id, place), plain)

    def open(self, owner_id: str, place: tuple[str, str, str, int], sealed: bytes) -> bytes:
        """Open what was sealed at this place, or raise Unreadable."""
        try:
            return self._keys.open(_place(owner_id, place), sealed)
        except Unreadable:
            raise Unreadable(owner_id, f"{place[0]}/{place[1]}") from None

    def prepare(self, owner_ids: Sequence[str]) -> None:
        """Load the keys of many owners into memory."""
        self._keys.deks(owner_ids)

    def create(self, owner_ids: Sequence[str]) -> None:
        """Make the keys of many new owners in one act."""
        self._keys.create(owner_ids)

    def erase(self, owner_id: str) -> None:
        """Destroy an owner's keys for ever."""
        self._keys.erase(owner_id)


def _place(owner_id: str, place: tuple[str, str, str, int]) -> Place:
    table, row_id, column, revision = place
    return Place(table, row_id, owner_id, column, revision)


class TokenIndex:
    """Search tokens of people: identifiers, names and birth dates."""

    def __init__(self, roots: Callable[[], Sequence[blind.BlindIndex]]) -> None:
        self._roots = roots

    def identifiers(self, system: str, value: str) -> list[SearchToken]:
        """Return the tokens `system|value` (when there is a system) and `|value`."""
        return self._tokens(
            "identifier", [("value", text) for text in terms.identifier_values(system, value)]
        )

    def names(self, words: str) -> list[SearchToken]:
        """Return whole-word, prefix and sound tokens of each word."""
        return self._tokens("name", [(term.kind, term.value) for term in terms.name_words(words)])

    def birth_date(self, day: str) -> list[SearchToken]:
        """Return the token of a full birth date; nothing for a partial one."""
        full = terms.birth_date(day)
        return self._tokens("birthdate", [("day", full)] if full else [])

    def _tokens(self, param: str, found: Sequence[tuple[str, str]]) -> list[SearchToken]:
        newest, *older = self._roots()
        column = f"person_{param}"
        return [
            SearchToken(
                param,
                kind,
                newest.token(column, kind, value),
                older[-1].token(column, kind, value) if older else b"",
            )
            for kind, value in found
        ]

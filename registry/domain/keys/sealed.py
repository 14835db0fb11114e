"""Sealed columns as rows of one kind, so that keys can be changed under all of them."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class SealedRow:
    """One sealed column of one row: its table and column, its key, whose it is, and the envelope."""

    kind: str
    key: tuple[str | int, ...]
    owner_id: str
    blob: bytes = field(repr=False)


@dataclass(frozen=True)
class KeyFact:
    """One line of the inventory; `rows` is how much still depends on the key (None: cannot be counted)."""

    name: str
    use: str
    provider: str
    created: str
    state: str
    kid: str = ""
    rows: int | None = None

"""A search, typed: what must fit, in which order, how much of it, and what comes along."""

from dataclasses import dataclass, field
from typing import Literal

from fhir.outcome import Issue
from fhir.search.declared import Parameter
from fhir.search.kinds.setting import Setting

DEFAULT_COUNT = 20
MOST = 200
Total = Literal["", "none", "estimate", "accurate"]


@dataclass(frozen=True, slots=True)
class Clause:
    """One parameter as given: any one of its values is enough.

    `needles` are bytes one of which every stored resource that fits must hold, in lower case; none when
    bytes alone cannot tell.
    """

    parameter: Parameter
    modifier: str
    values: tuple[object, ...]
    needles: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Chain:
    """A condition on what a reference points at: `patient.identifier=...`."""

    parameter: Parameter
    inner: "Query"


@dataclass(frozen=True, slots=True)
class Has:
    """A condition on what points back: `_has:Observation:patient:code=...`."""

    parameter: Parameter
    inner: "Query"


@dataclass(frozen=True, slots=True)
class Sort:
    """One key of the order."""

    parameter: Parameter
    descending: bool


@dataclass(frozen=True, slots=True)
class Include:
    """What comes along: targets of a reference of `source`, or (`reverse`) what refers to the matches.

    An empty source or name is `*`; `target` narrows to one type; `iterate` goes on from what came along.
    """

    source: str
    name: str
    target: str = ""
    reverse: bool = False
    iterate: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A search of one type: every clause, chain and has must fit.

    `count` is the page size; `issues` holds what was not understood (errors: refuse the search; warnings:
    parameters not used, an error under `Prefer: handling=strict`); `used` is what took part, as written.
    """

    type: str
    clauses: tuple[Clause, ...] = ()
    chains: tuple[Chain, ...] = ()
    has: tuple[Has, ...] = ()
    sort: tuple[Sort, ...] = ()
    includes: tuple[Include, ...] = ()
    count: int = DEFAULT_COUNT
    total: Total = ""
    only_count: bool = False
    issues: tuple[Issue, ...] = ()
    used: tuple[tuple[str, str], ...] = ()
    setting: Setting = field(default_factory=Setting)

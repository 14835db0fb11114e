"""The parts of a submission of documents.

Source: IHE MHD 4.2, ITI-65 (https://profiles.ihe.net/ITI/MHD/ITI-65.html).
"""

from dataclasses import dataclass, field

from fhir.outcome import Issue
from fhir.wire import JsonObject

# What a document is sent as.
CONTENTS = frozenset({"Binary", "Bundle"})


class NotProvided(ValueError):
    """Say why a Bundle is no Provide Document Bundle; `issues` holds everything found."""

    def __init__(self, issues: tuple[Issue, ...]) -> None:
        super().__init__("What was sent brings no documents as MHD describes it.")
        self.issues = issues


@dataclass(frozen=True)
class Part:
    """One entry: its place in the Bundle, its address there, and its resource."""

    number: int
    full_url: str
    resource: JsonObject = field(repr=False)

    @property
    def type(self) -> str:
        """Return the resource type."""
        return str(self.resource["resourceType"])

    @property
    def path(self) -> str:
        """Return where the resource stands."""
        return f"Bundle.entry[{self.number}].resource"


@dataclass(frozen=True)
class Provided:
    """The parts of a submission: `parts` are stored, in the order given; `patients` only say who it is
    about. `superseded` holds places of entries that set an earlier DocumentReference aside, with its id.
    """

    parts: tuple[Part, ...]
    patients: tuple[Part, ...]
    superseded: tuple[tuple[int, str], ...]
    size: int

    def of(self, kind: str) -> tuple[Part, ...]:
        """Return the parts of one type."""
        return tuple(part for part in self.parts if part.type == kind)

"""Values of a person's identity, as written to and read from a Patient resource.

They are apart from the treatment record, which never holds names or document numbers.
"""

from dataclasses import dataclass
from datetime import datetime

from fhir.treatment.model import FhirDate


@dataclass(frozen=True)
class Identity:
    """One document of a person: `type_code` of v2-0203 (NI, PPN, PRC, MR), `name` as people call it,
    `country` ISO alpha-2.
    """

    system: str
    value: str
    type_code: str = ""
    name: str = ""
    country: str = ""
    start: FhirDate | None = None
    end: FhirDate | None = None


@dataclass(frozen=True)
class PersonName:
    """A name with up to two surnames; `father` holds the whole surname where the two are not told apart."""

    given: tuple[str, ...]
    father: str = ""
    mother: str = ""
    use: str = "official"
    text: str = ""

    @property
    def family(self) -> str:
        """Return the surnames as one text, father's first."""
        return " ".join(part for part in (self.father, self.mother) if part)

    @property
    def full(self) -> str:
        """Return the whole name for a person to read."""
        return self.text or " ".join((*self.given, self.family)).strip()


@dataclass(frozen=True)
class Phone:
    """A way to reach the person (`phone`, `email`, `sms`, ...)."""

    value: str
    system: str = "phone"
    use: str = "mobile"


@dataclass(frozen=True)
class PersonDetails:
    """Everything this product writes in a Patient; countries are ISO 3166 alpha-2, languages BCP 47."""

    identities: tuple[Identity, ...] = ()
    names: tuple[PersonName, ...] = ()
    birth: FhirDate | None = None
    sex: str = "unknown"
    phones: tuple[Phone, ...] = ()
    country: str = ""
    city: str = ""
    languages: tuple[str, ...] = ()
    origin_country: str = ""
    died: FhirDate | None = None
    death_known_on: datetime | None = None

    @property
    def name(self) -> PersonName:
        """Return the official name, else the first, else an empty one."""
        official = (name for name in self.names if name.use == "official")
        return next(official, self.names[0] if self.names else PersonName(()))

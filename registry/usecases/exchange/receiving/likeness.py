"""Whether two Patients agree on a fact: same, other, or unknown where one of them does not say.

Both may be as somebody else wrote them: what is not readable counts as not said.
"""

from typing import Literal

from fhir import wire
from fhir.treatment.fields import many, text
from registry.ports import Services
from registry.usecases.care.people import lookup

Agreement = Literal["same", "other", "unknown"]
SEXES = frozenset({"female", "male"})
ENOUGH_WORDS = 2


def of_birth(ours: wire.JsonObject, theirs: wire.JsonObject) -> Agreement:
    """Compare birth dates as far as both know them; a partial date that fits is no agreement."""
    one, other = text(ours, "birthDate"), text(theirs, "birthDate")
    shared = min(len(one), len(other))
    if not shared:
        return "unknown"
    if one[:shared] != other[:shared]:
        return "other"
    return "same" if shared == len("2000-01-01") else "unknown"


def of_sex(ours: wire.JsonObject, theirs: wire.JsonObject) -> Agreement:
    """Compare the recorded sex where both say female or male."""
    said = {text(ours, "gender"), text(theirs, "gender")}
    if not said <= SEXES:
        return "unknown"
    return "same" if len(said) == 1 else "other"


def of_name(services: Services, ours: wire.JsonObject, theirs: wire.JsonObject) -> Agreement:
    """Compare names by sound, so that Jiménez is Giménez: two words must agree, or the only one of a name;
    `other` when no word sounds alike or begins alike.
    """
    one, other = _words(ours), _words(theirs)
    if not one or not other:
        return "unknown"
    alike = sum(any(_sounds(services, word) & _sounds(services, each) for each in other) for word in one)
    if alike >= min(ENOUGH_WORDS, len(one), len(other)):
        return "same"
    begins = {word[:3] for word in one} & {word[:3] for word in other}
    return "unknown" if alike or begins else "other"


def _words(patient: wire.JsonObject) -> list[str]:
    said: list[str] = []
    for name in many(patient, "name")[:1]:
        given = name.get("given")
        said += [one for one in given if isinstance(one, str)] if isinstance(given, list) else []
        said.append(text(name, "family"))
        said += [] if any(said) else [text(name, "text")]
    return [word for word in lookup.fold(" ".join(said)).split() if len(word) > 1]


def _sounds(services: Services, word: str) -> frozenset[bytes]:
    return frozenset(token.value for token in services.index.names(word) if token.kind == "sound")

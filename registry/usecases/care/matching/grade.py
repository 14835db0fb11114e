"""How sure it is that two Patients are one person: a score from 0 to 1 and the grade of the standard.

Source: https://hl7.org/fhir/R4/extension-match-grade.html. The numbers order answers and say what was
compared; they are no measured probabilities.
"""

from typing import Literal

from registry.usecases.exchange.answering.candidates import Compared

Name = Literal["certain", "probable", "possible", "certainly-not"]

CERTAIN, PROBABLE, POSSIBLE = 0.95, 0.8, 0.45
# A person who was only named in some document is never certain.
MOST_PROVISIONAL = 0.9
_SEX = {"same": 0.04, "unknown": 0.0, "other": -0.25}


def score(compared: Compared, provisional: bool = False) -> float:
    """Return how much speaks for one person, from 0 to 1, to two places."""
    found = _of_document(compared) if compared.document == "same" else _of_demographics(compared)
    return round(min(found, MOST_PROVISIONAL) if provisional else found, 2)


def name(found: float) -> Name:
    """Return the grade of a score."""
    if found >= CERTAIN:
        return "certain"
    if found >= PROBABLE:
        return "probable"
    return "possible" if found >= POSSIBLE else "certainly-not"


def _of_document(compared: Compared) -> float:
    """A shared document is certain, unless name or birth date speak against it."""
    against = [compared.name, compared.birth_date].count("other")
    if against:
        return 0.6 if against == 1 else 0.3
    agreed = [compared.name, compared.birth_date].count("same")
    return CERTAIN + 0.02 * agreed


def _of_demographics(compared: Compared) -> float:
    """Name and birth date together are probable; one of them alone is possible at most."""
    both = (compared.name, compared.birth_date)
    if "other" in both or both == ("unknown", "unknown"):
        return 0.1
    found = 0.84 if both == ("same", "same") else 0.5
    return found + _SEX[compared.sex] - (0.02 if compared.document == "other" else 0.0)

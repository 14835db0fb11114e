"""What can be used of a Patient somebody else wrote: every element that is valid by itself, nothing else."""

from fhir import profiles, wire
from fhir.outcome import has_errors

ELEMENTS = ("identifier", "name", "birthDate", "gender", "telecom", "address")


def patient(received: wire.JsonObject) -> wire.JsonObject:
    """Return a valid Patient with what can be read of a received one; the rest stays in its document."""
    best: wire.JsonObject = {"resourceType": "Patient"}
    for element in ELEMENTS:
        if element in received:
            trial = {**best, element: received[element]}
            if not has_errors(profiles.issues(trial)):
                best = trial
    return best

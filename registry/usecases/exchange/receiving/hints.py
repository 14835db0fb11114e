"""What a partner could do so that a document says more here: identifiers that find the person, codes that
are known.
"""

from fhir import bundle, codes, wire
from fhir.outcome import Issue
from registry.ports import Services
from registry.usecases.exchange.receiving.describe import GROUPS

WITHOUT_INGREDIENTS = "medicine-not-recognised"
NO_KNOWN_DOCUMENT = "identifier-not-known-here"


def hints(services: Services, received: bundle.Received) -> tuple[Issue, ...]:
    """Return advice to the sender; it tells what this node can read, never whom it knows."""
    return (*_identifiers(services, received.patient), *_medicines(received))


def _identifiers(services: Services, patient: wire.JsonObject | None) -> tuple[Issue, ...]:
    if patient is None:
        return ()
    known = {codes.canonical_system(kind.system) for kind in services.node.identifiers}
    systems = {
        codes.canonical_system(str(entry.get("system", ""))) for entry in patient.get("identifier", ())
    }
    if systems & known:
        return ()
    text = (
        "No identifier is of a system this node knows, so the person cannot be found by it: add a passport "
        "or national document with its system."
    )
    return (Issue("information", "not-supported", "Patient.identifier", NO_KNOWN_DOCUMENT, text),)


def _medicines(received: bundle.Received) -> tuple[Issue, ...]:
    unknown = [item.path for item in received.resources if _is_unknown_medicine(item)]
    if not unknown:
        return ()
    text = (
        "The active ingredients were not recognised: the medicine is shown as written, but supply and "
        "interactions cannot be checked. Add an ATC code."
    )
    if len(unknown) > 1:
        text += f" Found in {len(unknown)} places."
    return (Issue("information", "code-invalid", unknown[0], WITHOUT_INGREDIENTS, text),)


def _is_unknown_medicine(item: bundle.ReadResource) -> bool:
    if GROUPS.get(item.type) != "medications":
        return False
    medicine = item.resolved.get("medicationCodeableConcept") or {}
    return codes.ingredients_of(medicine.get("coding", ()), medicine.get("text")) is None

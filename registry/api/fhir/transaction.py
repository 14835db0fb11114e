"""Carry out a transaction or batch Bundle (https://hl7.org/fhir/R4/http.html#transaction)."""

from flask import Response

from fhir import wire
from fhir.documents.provide import is_provide
from registry.api.fhir import batch, door
from registry.api.fhir.documents import provide
from registry.api.frame import answers, reading
from registry.ports import Services
from registry.usecases.care.record import transact as use_case


def transact(services: Services) -> Response:
    """Answer POST [base] with a transaction-response or batch-response in the order of the entries."""
    caller = reading.caller()
    if door.is_for(services, caller):
        return door.receive(services, caller, "Bundle")
    bundle = reading.resource(services, "Bundle")
    if is_provide(bundle):
        return provide.provide(services, caller, bundle)
    if bundle.get("type") == "batch":
        made = batch.batch(services, bundle)
    else:
        made = use_case.transact(services, caller, bundle, reading.preference("minimal"))
    return answers.document(wire.canonical(made))

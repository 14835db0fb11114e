"""What this node does with FHIR, in one table: routes and CapabilityStatement are both made from it."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Response

from fhir import r4
from fhir import search as searching
from fhir.subscription import backport
from registry.api.fhir import (
    audit_events,
    binary,
    create,
    delete,
    door,
    history,
    patch,
    read,
    search,
    transaction,
    update,
)
from registry.api.fhir.bulk import export as bulk
from registry.api.fhir.bulk import intake, jobs
from registry.api.fhir.documents import docref, retrieve
from registry.api.fhir.operations import everything, match, pix, summary, validate
from registry.api.fhir.subscriptions import interactions as subscription
from registry.api.fhir.subscriptions import operations as subscription_operations
from registry.usecases.care.record.write import NEVER_WRITTEN

PATIENT = "Patient"
# Shown and never written: the trail, and documents as they were made.
TRAIL = frozenset({"AuditEvent"})
SHOWN = TRAIL | {"Bundle"}
TOLD = frozenset({subscription.TYPE})


@dataclass(frozen=True)
class Interaction:
    """One interaction: its FHIR code, where it is reached, which view answers, and for which types."""

    code: str
    methods: tuple[str, ...]
    rules: tuple[str, ...]
    view: Callable[..., Response]
    types: frozenset[str] = frozenset()


STORED = r4.SUPPORTED - NEVER_WRITTEN
ONE = "/fhir/<resource_type>/<resource_id>"
ALL = "/fhir/<resource_type>"
# Types that have search parameters of their own, and those that one person has.
SEARCHED = frozenset(name for name in STORED if searching.is_searched(name))
SUBSCRIPTIONS = "/fhir/Subscription"
SUBSCRIPTION = f"{SUBSCRIPTIONS}/<resource_id>"
OF_PATIENT = "/fhir/Patient/<resource_id>/<type:resource_type>"

INTERACTIONS = (
    Interaction("read", ("GET",), (ONE,), read.read, STORED),
    Interaction("vread", ("GET",), (f"{ONE}/_history/<version>",), read.vread, STORED),
    Interaction("update", ("PUT",), (ONE,), update.update, STORED),
    Interaction("update", ("PUT",), (ALL,), update.update_matching, STORED),
    Interaction("patch", ("PATCH",), (ONE,), patch.patch, STORED),
    Interaction("patch", ("PATCH",), (ALL,), patch.patch_matching, STORED),
    Interaction("delete", ("DELETE",), (ONE,), delete.delete, STORED),
    Interaction("delete", ("DELETE",), (ALL,), delete.delete_matching, STORED),
    Interaction("history-instance", ("GET",), (f"{ONE}/_history",), history.of_resource, STORED),
    Interaction("history-type", ("GET",), (f"{ALL}/_history",), history.of_type, STORED),
    Interaction("create", ("POST",), (ALL,), create.create, STORED),
    Interaction("create", ("POST",), ("/fhir/Binary",), binary.create_binary, frozenset({"Binary"})),
    Interaction(
        "update", ("PUT",), ("/fhir/Binary/<resource_id>",), binary.update_binary, frozenset({"Binary"})
    ),
    Interaction("search-type", ("GET",), ("/fhir/<resource_type>",), search.search, SEARCHED),
    Interaction("search-type", ("POST",), ("/fhir/<resource_type>/_search",), search.search, SEARCHED),
    Interaction("read", ("GET",), ("/fhir/Bundle/<resource_id>",), retrieve.document, frozenset({"Bundle"})),
    Interaction("read", ("GET",), ("/fhir/AuditEvent/<resource_id>",), audit_events.read, TRAIL),
    Interaction("search-type", ("GET",), ("/fhir/AuditEvent",), audit_events.find_about, TRAIL),
    Interaction("search-type", ("POST",), ("/fhir/AuditEvent/_search",), audit_events.find_about, TRAIL),
    Interaction("read", ("GET",), (SUBSCRIPTION,), subscription.read, TOLD),
    Interaction("vread", ("GET",), (f"{SUBSCRIPTION}/_history/<version>",), subscription.vread, TOLD),
    Interaction("update", ("PUT",), (SUBSCRIPTION,), subscription.update, TOLD),
    Interaction("delete", ("DELETE",), (SUBSCRIPTION,), subscription.delete, TOLD),
    Interaction("create", ("POST",), (SUBSCRIPTIONS,), subscription.create, TOLD),
    Interaction("search-type", ("GET",), (SUBSCRIPTIONS,), subscription.search, TOLD),
    Interaction("search-type", ("POST",), (f"{SUBSCRIPTIONS}/_search",), subscription.search, TOLD),
    Interaction("transaction", ("POST",), ("/fhir", "/fhir/"), transaction.transact),
)

DOCREF = "http://hl7.org/fhir/us/core/OperationDefinition/docref"
EVERYTHING = "http://hl7.org/fhir/OperationDefinition/Patient-everything"
IMPORT = "urn:puente:operation:import"
EXPORT = "http://hl7.org/fhir/uv/bulkdata/OperationDefinition"
MATCH = "http://hl7.org/fhir/OperationDefinition/Patient-match"
PIX = "https://profiles.ihe.net/ITI/PIXm/OperationDefinition/IHE.PIXm.pix"
SUMMARY = "http://hl7.org/fhir/uv/ips/OperationDefinition/summary"
VALIDATE = "http://hl7.org/fhir/OperationDefinition/Resource-validate"
# The name of an operation is what follows $ in its first rule; no types means the whole system.
OPERATIONS = (
    Interaction(VALIDATE, ("POST",), ("/fhir/<resource_type>/$validate",), validate.validate, r4.SUPPORTED),
    Interaction(
        VALIDATE,
        ("GET", "POST"),
        ("/fhir/<resource_type>/<resource_id>/$validate",),
        validate.validate,
        r4.SUPPORTED,
    ),
    Interaction(
        SUMMARY,
        ("GET", "POST"),
        ("/fhir/Patient/<resource_id>/$summary",),
        summary.summary,
        frozenset({PATIENT}),
    ),
    Interaction(
        SUMMARY, ("GET", "POST"), ("/fhir/Patient/$summary",), summary.by_identifier, frozenset({PATIENT})
    ),
    Interaction(
        EVERYTHING,
        ("GET", "POST"),
        ("/fhir/Patient/<resource_id>/$everything",),
        everything.everything,
        frozenset({PATIENT}),
    ),
    Interaction(MATCH, ("POST",), ("/fhir/Patient/$match",), match.match, frozenset({PATIENT})),
    Interaction(PIX, ("GET", "POST"), ("/fhir/Patient/$ihe-pix",), pix.pix, frozenset({PATIENT})),
    Interaction(
        DOCREF,
        ("GET", "POST"),
        ("/fhir/DocumentReference/$docref",),
        docref.docref,
        frozenset({"DocumentReference"}),
    ),
    Interaction(
        f"{backport.OPERATION}-status",
        ("GET", "POST"),
        (f"{SUBSCRIPTION}/$status", f"{SUBSCRIPTIONS}/$status"),
        subscription_operations.status,
        TOLD,
    ),
    Interaction(
        f"{backport.OPERATION}-events",
        ("GET", "POST"),
        (f"{SUBSCRIPTION}/$events",),
        subscription_operations.events,
        TOLD,
    ),
    Interaction(f"{EXPORT}/export", ("GET", "POST"), ("/fhir/$export",), bulk.system),
    Interaction(IMPORT, ("POST",), ("/fhir/$import",), intake.take_in),
    Interaction(
        f"{EXPORT}/patient-export",
        ("GET", "POST"),
        ("/fhir/Patient/$export",),
        bulk.patients,
        frozenset({PATIENT}),
    ),
    Interaction(
        f"{EXPORT}/group-export",
        ("GET", "POST"),
        ("/fhir/Group/<resource_id>/$export",),
        bulk.group,
        frozenset({"Group"}),
    ),
)
# Not FHIR interactions: the status of what came through the door, and of long work.
OTHER = (
    Interaction("door-status", ("GET",), ("/fhir/door/<inbox_id>",), door.status),
    # A search too, but not one of a type alone: it is declared as a compartment.
    Interaction("search-of-patient", ("GET",), (OF_PATIENT,), search.of_patient),
    Interaction("not-done", ("PATCH",), (SUBSCRIPTION, SUBSCRIPTIONS), subscription.not_done),
    Interaction("not-done", ("PUT", "DELETE"), (SUBSCRIPTIONS,), subscription.not_done),
    Interaction(
        "not-done", ("GET",), (f"{SUBSCRIPTION}/_history", f"{SUBSCRIPTIONS}/_history"), subscription.not_done
    ),
    Interaction("bulk-status", ("GET", "DELETE"), ("/fhir/bulk/<job_id>",), jobs.status),
)

# What partners of the plain FHIR door reach: everything else is closed to them.
FOR_DOORS = tuple(
    each
    for each in (*INTERACTIONS, *OTHER)
    if each.code in ("create", "transaction", "door-status") and each.types != TOLD
)

"""A partner's question as it came, and what in it keeps this node from answering."""

from dataclasses import dataclass

from fhir import corridor as corridor_fhir
from fhir import transfer as transfer_fhir
from fhir import wire
from fhir.outcome import Issue
from registry.domain.model import InboxItem
from registry.errors import BadInput, Unprocessable
from registry.ports import Services, Unit
from registry.usecases.care.record import write
from registry.usecases.exchange.sending.build import finding


class Unreadable(Exception):
    """The question cannot be read; `issues` says why, without patient data."""

    def __init__(self, issues: tuple[Issue, ...]) -> None:
        super().__init__("The question of the partner cannot be read.")
        self.issues = issues


@dataclass(frozen=True)
class Question:
    """What a partner asks with, and the terms of the consent it signed for it."""

    request: transfer_fhir.Request
    terms: corridor_fhir.ConsentTerms


def read(plain: bytes) -> Question:
    """Return the question in a message; raise Unreadable with every issue."""
    try:
        request = transfer_fhir.read_request(wire.parse(plain))
        return Question(request, corridor_fhir.read_corridor_consent(request.consent))
    except wire.BadJson as error:
        raise Unreadable((error.issue,)) from None
    except (transfer_fhir.NotARequest, corridor_fhir.NotACorridorConsent) as error:
        raise Unreadable(tuple(error.issues)) from None


def is_withdrawn(unit: Unit, item: InboxItem) -> bool:
    """Tell whether the person took the consent back after the question was asked."""
    return item.seq < unit.inbox.newest_applied(item.partner, item.alias, "consent-withdrawn")


def refused_terms(services: Services, item: InboxItem, asked: Question) -> Issue | None:
    """Return the first thing in the consent that this corridor, today or the agreement does not allow."""
    terms = asked.terms
    named = item.consent_digest in ("", transfer_fhir.consent_digest(asked.request.consent))
    policy = services.node.partner(item.partner)
    agreed = policy if policy is not None and policy.kind == "puente" else None
    corridor = (terms.from_id, terms.partner_id) == (item.partner, services.node.code)
    checks = (
        (agreed is not None, "no-agreement", "", "This node has no agreement with the partner that asks."),
        (named, "consent-other", "", "The message names another consent than the one it carries."),
        (corridor, "consent-other-corridor", ".provision.actor", "The consent is for another corridor."),
        (terms.status == "active", "consent-not-active", ".status", "The consent is not active."),
        (
            terms.start <= services.today() <= terms.end,
            "consent-not-in-force",
            ".provision.period",
            "The consent is not in force today.",
        ),
        (
            agreed is not None and terms.purpose in agreed.purposes,
            "purpose-not-agreed",
            ".provision.purpose",
            "The agreement does not cover this purpose.",
        ),
        (
            agreed is not None and bool(set(terms.data_classes) & set(agreed.data_classes)),
            "data-not-agreed",
            ".provision.extension",
            "The agreement covers none of these classes of data.",
        ),
    )
    wrong = (finding(rule, text, f"Consent{path}") for well, rule, path, text in checks if not well)
    return next(wrong, None)


def unfit(services: Services, unit: Unit, owner: str, request: transfer_fhir.Request) -> tuple[Issue, ...]:
    """Return what keeps the partner's resources from being stored as they are."""
    found: list[Issue] = []
    for resource in _localised(owner, request):
        try:
            write.check(services, resource)
        except (BadInput, Unprocessable) as refusal:
            found += refusal.issues
    task_id = str(request.task.get("id", "")) if request.task else ""
    if task_id and unit.records.current("Task", task_id) is not None:
        found.append(finding("task-known", "A Task with this id is known here already.", "Task.id"))
    return tuple(found)


def _localised(owner: str, request: transfer_fhir.Request) -> list[wire.JsonObject]:
    person = {"reference": f"Patient/{owner}"}
    given = ((request.consent, "patient"), (request.service_request, "subject"), (request.task, "for"))
    return [{**resource, element: person} for resource, element in given if resource is not None]

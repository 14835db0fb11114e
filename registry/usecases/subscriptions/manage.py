"""What a partner does with its subscriptions: create, read, update, delete and list; others' do not exist."""

from dataclasses import replace

from fhir import wire
from fhir.outcome import Issue
from fhir.subscription import terms
from registry.domain.access import rules
from registry.domain.exchange import hooks
from registry.domain.model import AuditEntry, Caller, Stored, Subscription
from registry.errors import BadInput, Conflict, NotAllowed, Unprocessable
from registry.ports import Services, Unit
from registry.usecases.subscriptions import queue, sealed

MOST = 20
STORED = frozenset({"resourceType", "contact", "end", "reason", "criteria", "_criteria", "channel"})


def create(services: Services, caller: Caller, resource: wire.JsonObject) -> Stored:
    """Keep a subscription and queue its handshake; raise Unprocessable with every issue."""
    _check(caller, "c")
    wanted = _terms(services, caller, resource)
    with services.unit() as unit:
        unit.lock([f"subscriptions:{caller.organization}".encode()])
        if len(unit.subscriptions.of(caller.organization)) >= MOST:
            raise Conflict(f"A partner has at most {MOST} subscriptions. Delete one first.")
        row = Subscription(
            id=services.ids.new(),
            client=caller.organization,
            topic=wanted.topic.url,
            state=wanted.status,
            created=unit.now(),
            heartbeat=wanted.heartbeat,
            ends=wanted.end,
        )
        _check_end(unit, wanted)
        unit.subscriptions.add(row)
        stored = _begin(services, unit, caller, row, resource)
        unit.commit()
    return stored


def update(
    services: Services,
    caller: Caller,
    resource: wire.JsonObject,
    subscription_id: str,
    if_match: int | None = None,
) -> Stored:
    """Write the next version: `off` ends the notifications, anything else begins again with a handshake."""
    _check(caller, "u")
    if resource.get("id") != subscription_id:
        raise BadInput("The id in the resource must be the id in the address.")
    wanted = _terms(services, caller, resource)
    with services.unit() as unit:
        row = sealed.own(unit, caller, subscription_id)
        sealed.check_version(unit, row, if_match)
        if wanted.topic.url != row.topic:
            raise Conflict("The topic of a subscription stays. Make another subscription.")
        _check_end(unit, wanted)
        before = sealed.opened(services, unit, row)
        changed = replace(row, state=wanted.status, error="", heartbeat=wanted.heartbeat, ends=wanted.end)
        unit.subscriptions.put(changed)
        kept = terms.kept_headers(resource, before.resource)
        stored = _begin(services, unit, caller, changed, kept)
        unit.commit()
    return stored


def _begin(
    services: Services, unit: Unit, caller: Caller, row: Subscription, resource: wire.JsonObject
) -> Stored:
    kept = {name: value for name, value in resource.items() if name in STORED}
    stored = sealed.write(services, unit, caller, row, kept)
    if row.state == "requested":
        queue.add(services, unit, row, queue.HANDSHAKE)
    return stored


def read(services: Services, caller: Caller, subscription_id: str, version: int | None = None) -> Stored:
    """Return a subscription of the caller's own, or one version of it, without its headers."""
    _check(caller, "r")
    with services.unit() as unit:
        row = sealed.own(unit, caller, subscription_id)
        stored = sealed.shown(services, unit, row, version)
        unit.audit.add(
            AuditEntry(caller, "read", object_ref=f"{sealed.TYPE}/{row.id}", version=stored.version)
        )
        unit.commit()
    return stored


def listed(services: Services, caller: Caller) -> list[Stored]:
    """Return the caller's own subscriptions, oldest first."""
    _check(caller, "s")
    with services.unit() as unit:
        found = [sealed.shown(services, unit, row) for row in unit.subscriptions.of(caller.organization)]
        unit.audit.add(AuditEntry(caller, "search", details=(("count", len(found)),)))
        unit.commit()
    return found


def delete(services: Services, caller: Caller, subscription_id: str) -> int:
    """End a subscription for ever; return the version that says so."""
    _check(caller, "d")
    with services.unit() as unit:
        row = sealed.own(unit, caller, subscription_id)
        unit.subscriptions.put(replace(row, state="off", deleted=True))
        version = sealed.remove(unit, caller, row)
        unit.commit()
    return version


def _check(caller: Caller, letter: str) -> None:
    if caller.role != "partner":
        raise NotAllowed("Subscriptions are for systems of partners.")
    rules.check_scope(caller, sealed.TYPE, letter)


def _terms(services: Services, caller: Caller, resource: wire.JsonObject) -> terms.Terms:
    try:
        wanted = terms.read(resource)
    except terms.BadTerms as wrong:
        raise Unprocessable(str(wrong), wrong.issues) from None
    rules.check_scope(caller, wanted.topic.focus, "r")
    if text := address_problem(services, caller.organization, wanted.endpoint):
        path = "Subscription.channel.endpoint"
        raise Unprocessable(text, [Issue("error", "business-rule", path, "subscription-endpoint", text)])
    return wanted


def address_problem(services: Services, client: str, address: str) -> str:
    """Return why a partner may not be notified at an address, or an empty string."""
    production = services.settings.environment == "production"
    return hooks.problem(address, services.crypto.addresses(client), production)


def _check_end(unit: Unit, wanted: terms.Terms) -> None:
    if wanted.end is not None and wanted.end <= unit.now():
        text = "The end has passed already."
        issue = Issue("error", "business-rule", "Subscription.end", "subscription-end", text)
        raise Unprocessable(text, [issue])

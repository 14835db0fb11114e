"""What came in: the list, one document with its findings and everything read from it, and the review."""

from datetime import UTC, datetime

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from fhir.outcome import Issue
from registry.domain.model import InboxState
from registry.usecases.exchange.receiving import review as incoming
from registry.web.frame.desk import Desk

PAGE = 25
SHOWN: dict[str, tuple[InboxState, ...]] = {
    "all": incoming.ALL_STATES,
    "review": ("review",),
    "read": ("processed",),
    "rejected": ("rejected",),
}
SEVERITIES = ("fatal", "error", "warning", "information")


def show(desk: Desk) -> str:
    """List what came in, newest first, a page at a time."""
    which = request.args.get("which", "all")
    states = SHOWN.get(which, incoming.ALL_STATES)
    after = _moment(request.args.get("after", ""))
    items = incoming.incoming(desk.services, desk.caller, states, PAGE, after)
    older = items[-1].received.astimezone(UTC).isoformat() if len(items) >= PAGE else ""
    return render_template("exchange/incoming.html", items=items, which=which, older=older, after=after)


def one(desk: Desk, inbox_id: str) -> str:
    """Show one document."""
    view = incoming.open_incoming(desk.services, desk.caller, inbox_id)
    return render_template(
        "exchange/incoming_one.html", view=view, item=view.item, findings=_by_severity(view.findings)
    )


def reviewed(desk: Desk, inbox_id: str) -> Response:
    """Note that a person has looked, and confirm who it is when that was ticked."""
    incoming.mark_reviewed(desk.services, desk.caller, inbox_id, request.form.get("confirm") == "yes")
    response = redirect(url_for("web.incoming_one", inbox_id=inbox_id), 303)
    desk.frame.notices.leave(response, "reviewed")
    return response


def _by_severity(findings: tuple[Issue, ...]) -> list[tuple[str, list[Issue]]]:
    groups = [(severity, [one for one in findings if one.severity == severity]) for severity in SEVERITIES]
    return [(severity, found) for severity, found in groups if found]


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None

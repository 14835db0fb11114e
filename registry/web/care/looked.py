"""Who has looked at a person's record, and who changed or sent it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from flask import render_template

from registry.usecases.access import trail
from registry.web.frame.desk import Desk


@dataclass(frozen=True)
class Line:
    """The same act of the same person in the same minute, and how often."""

    at: datetime
    actor: str
    role: str
    organization: str
    action: str
    outcome: str
    times: int


def show(desk: Desk, person_id: str) -> str:
    """List the newest events about one person, in plain words."""
    rows = trail.about(desk.services, desk.caller, person_id)
    return render_template(
        "care/looked.html", lines=list(_lines(rows)), person_id=person_id, own=desk.caller.id
    )


def _lines(rows: Iterable[dict[str, str]]) -> Iterable[Line]:
    def same(row: dict[str, str]) -> tuple[str, ...]:
        return (row["at"][:16], row["actor"], row["role"], row["organization"], row["action"], row["outcome"])

    for key, group in groupby(rows, same):
        found = list(group)
        _minute, actor, role, organization, action, outcome = key
        at = datetime.fromisoformat(found[0]["at"])
        yield Line(at, actor, role, organization, action, outcome, len(found))

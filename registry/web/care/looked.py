"""Who has looked at a person's record, and who changed or sent it."""

from datetime import datetime

from flask import render_template

from registry.usecases.access import trail
from registry.web.frame.desk import Desk


def show(desk: Desk, person_id: str) -> str:
    """List the newest events about one person, in plain words."""
    rows = trail.about(desk.services, desk.caller, person_id)
    events = [(datetime.fromisoformat(row["at"]), row) for row in rows]
    return render_template("care/looked.html", events=events, person_id=person_id)

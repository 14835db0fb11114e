"""The people who may sign in: list, add, close and open accounts. For administrators."""

import segno
from flask import make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.wrappers import Response

from registry.errors import BadInput, Conflict
from registry.usecases.access import users
from registry.web.frame.desk import Desk
from registry.web.frame.languages import NAMES
from registry.web.frame.reading import Sheet
from registry.web.wording.people import ROLES


def show(desk: Desk) -> str:
    """List everybody, with a form to add somebody."""
    return _page(desk, Sheet({"role": "clinician", "language": desk.node.languages[0]}))


def add(desk: Desk) -> Response:
    """Add somebody; the code generator's secret is shown once, on this answer only."""
    sheet = Sheet(request.form)
    name = sheet.text("name", _("Type the name to sign in with."), 40)
    display = sheet.text("display", _("Type the name that others see."), 80)
    role = sheet.choice("role", tuple(ROLES), _("Choose a role."))
    password = sheet.raw("password")
    if not users.SHORTEST <= len(password) <= 200:
        sheet.refuse("password", _("At least %(number)s characters, please.", number=users.SHORTEST))
    facility = sheet.choice("facility", ["", *(place.id for place in desk.node.facilities)])
    language = sheet.choice("language", desk.node.languages, _("Choose a language."))
    if not sheet.errors:
        new = users.NewUser(name, display, role, password, facility, language)  # type: ignore[arg-type]
        try:
            added = users.add_user(desk.services, desk.caller, new)
        except (BadInput, Conflict) as error:
            sheet.refuse("name", _(error.sentence))
        else:
            picture = Markup(segno.make(added.totp_uri, error="m").svg_inline(scale=5, border=2))  # noqa: S704
            return make_response(render_template("access/added.html", added=added, picture=picture))
    return make_response(_page(desk, sheet), 422)


def disable(desk: Desk, user_id: str) -> Response:
    """Close an account, or open it again."""
    close = request.form.get("open") != "yes"
    users.disable(desk.services, desk.caller, user_id, close)
    response = redirect(url_for("web.users"), 303)
    desk.frame.notices.leave(response, "user-disabled" if close else "user-added")
    return response


def _page(desk: Desk, sheet: Sheet) -> str:
    return render_template(
        "access/users.html",
        users=users.users(desk.services, desk.caller),
        sheet=sheet,
        roles=list(ROLES.items()),
        facilities=[(place.id, place.name) for place in desk.node.facilities],
        spoken=[(code, NAMES[code]) for code in desk.node.languages],
    )

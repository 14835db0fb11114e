"""Find a person by document number, or by name and birth date. Nothing typed stands in an address."""

from flask import make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from registry.domain.access import rules
from registry.errors import NotAllowed, TooCostly
from registry.usecases.care.people.lookup import Lookup, find
from registry.web.care import sealed
from registry.web.frame import languages
from registry.web.frame.desk import Desk
from registry.web.frame.reading import Sheet


def home(desk: Desk) -> Response | str:
    """Show the search, or the page a role works on when it may not search."""
    if not rules.can(desk.caller, "find"):
        if rules.can(desk.caller, "administer"):
            return redirect(url_for("web.users"), 303)
        raise NotAllowed("Your role does not allow this.")
    return _page(desk, Sheet())


def send(desk: Desk) -> Response:
    """Read the search and go to its results."""
    sheet = Sheet(request.form)
    lookup = _read(desk, sheet)
    if sheet.errors:
        return make_response(_page(desk, sheet), 422)
    return redirect(url_for("web.people", q=sealed.seal_lookup(desk, lookup)), 303)


def results(desk: Desk) -> str:
    """Show the people who fit, with masked document numbers."""
    token = request.args.get("q", "")
    lookup = sealed.open_lookup(desk, token)
    desk.frame.limits.search(desk.user.id)
    try:
        found = find(desk.services, desk.caller, lookup, languages.language())
    except TooCostly:
        found = []
    kind = desk.node.identifier_kind(lookup.identifier_kind)
    kind_name = kind.names.get(languages.language(), kind.key) if kind else ""
    return render_template("care/people.html", found=found, lookup=lookup, kind_name=kind_name, token=token)


def _read(desk: Desk, sheet: Sheet) -> Lookup:
    keys = [kind.key for kind in desk.node.identifiers]
    identifier = sheet.text("identifier", longest=60)
    kind = sheet.choice("kind", ["", *keys])
    name = sheet.text("name", longest=120)
    born = sheet.partial_day("born", desk.services.today())
    if not (identifier or name or sheet.errors):
        sheet.refuse("identifier", _("Type a document number, or a name."))
    if identifier:
        return Lookup(identifier_kind=kind, identifier=identifier)
    return Lookup(name=name, birth_date=born)


def _page(desk: Desk, sheet: Sheet) -> str:
    return render_template("care/find.html", sheet=sheet, kinds=kinds(desk), recent=sealed.recent(desk))


def kinds(desk: Desk) -> list[tuple[str, str]]:
    """Return (key, name) of the kinds of document this node knows."""
    return [(kind.key, kind.names.get(languages.language(), kind.key)) for kind in desk.node.identifiers]

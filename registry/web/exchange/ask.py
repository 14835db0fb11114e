"""Ask the partner who treated a person before; the page says exactly what is sent with the question."""

from flask import make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from registry.domain.access import rules
from registry.errors import BadInput, Conflict, NotAllowed
from registry.usecases.care.chart.at_a_glance import chart
from registry.usecases.exchange.sending import ask_partner
from registry.web.frame import languages
from registry.web.frame.desk import Desk
from registry.web.frame.reading import Sheet


def show(desk: Desk, person_id: str) -> str:
    """Show the partners that answer, and whether the consent for each is there."""
    return _page(desk, person_id, Sheet())


def send(desk: Desk, person_id: str) -> Response:
    """Queue the question and go back to the person."""
    sheet = Sheet(request.form)
    partners = tuple(partner.id for partner in desk.node.programmes)
    partner = sheet.choice("partner", partners, _("Choose the country to ask."))
    if partner:
        try:
            ask_partner.ask(desk.services, desk.caller, person_id, partner)
        except (BadInput, Conflict, NotAllowed) as error:
            sheet.refuse("partner", _(error.sentence))
        else:
            response = redirect(url_for("web.chart", person_id=person_id), 303)
            desk.frame.notices.leave(response, "asked")
            return response
    return make_response(_page(desk, person_id, sheet), 422)


def _page(desk: Desk, person_id: str, sheet: Sheet) -> str:
    rules.check_can(desk.caller, "share")
    found = chart(desk.services, desk.caller, person_id, languages.language())
    valid = {row.partner: row for row in found.consents if row.covers("TREAT", found.today)}
    return render_template(
        "exchange/ask.html",
        person=found.person,
        sheet=sheet,
        partners=desk.node.programmes,
        valid=valid,
    )

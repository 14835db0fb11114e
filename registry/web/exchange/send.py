"""Send a care summary: choose the partner, see exactly what leaves, send."""

from flask import make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from registry.domain.access import rules
from registry.errors import BadInput, NotAllowed, NotFound
from registry.usecases.care.chart.at_a_glance import chart
from registry.usecases.exchange.sending import send_summary
from registry.web.exchange.narrative import clean
from registry.web.frame import languages
from registry.web.frame.desk import Desk
from registry.web.frame.reading import Sheet


def choose(desk: Desk, person_id: str) -> str:
    """Show the partners a summary can go to."""
    rules.check_can(desk.caller, "share")
    found = chart(desk.services, desk.caller, person_id, languages.language())
    valid = {row.partner: row for row in found.consents if row.covers("TREAT", found.today)}
    return render_template(
        "exchange/choose.html", person=found.person, partners=desk.node.partners, valid=valid
    )


def preview(desk: Desk, person_id: str, partner_id: str) -> str:
    """Show the summary as it would leave now."""
    return _page(desk, person_id, partner_id, Sheet())


def send(desk: Desk, person_id: str, partner_id: str) -> Response:
    """Queue the summary and show its delivery line."""
    sheet = Sheet(request.form)
    try:
        item = send_summary.queue_summary(desk.services, desk.caller, person_id, partner_id)
    except (BadInput, NotAllowed) as error:
        sheet.refuse("send", _(error.sentence))
        return make_response(_page(desk, person_id, partner_id, sheet), 422)
    return redirect(url_for("web.delivery", item_id=item.id), 303)


def _page(desk: Desk, person_id: str, partner_id: str, sheet: Sheet) -> str:
    policy = desk.node.partner(partner_id)
    if policy is None:
        raise NotFound("This node has no such partner.")
    made = send_summary.preview(desk.services, desk.caller, person_id, partner_id)
    sections = [(title, clean(text)) for title, text in made.sections]
    return render_template(
        "exchange/preview.html",
        preview=made,
        sections=sections,
        person_id=person_id,
        policy=policy,
        sheet=sheet,
    )

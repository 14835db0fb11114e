"""One person at a glance: days of medicine first, every fact with its source."""

from flask import make_response, render_template
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from fhir.codes.medicines import regimen_label
from registry.domain.access import rules
from registry.domain.care.flags import Fact
from registry.usecases.care.chart.at_a_glance import chart
from registry.web.care import sealed
from registry.web.care.supply_picture import draw
from registry.web.frame import languages
from registry.web.frame.desk import Desk
from registry.web.wording import word
from registry.web.wording.care import WEIGHTS


def show(desk: Desk, person_id: str) -> Response:
    """Show the chart, and remember the person in this session's list."""
    found = chart(desk.services, desk.caller, person_id, languages.language())
    page = render_template(
        "care/chart.html",
        chart=found,
        person=found.person,
        printed=desk.local(desk.services.clock.now()),
        picture=draw(found.supply, found.next_contact),
        regimen_label=regimen_label,
        fact_text=fact_text,
        weights_list=lambda codes: ", ".join(word(WEIGHTS, code) for code in codes),
        can=lambda action: rules.can(desk.caller, action),
        partner_names={partner.id: partner.name for partner in desk.node.partners},
    )
    response = make_response(page)
    sealed.remember(desk, response, person_id, found.person.name)
    return response


def fact_text(fact: Fact) -> str:
    """Say one fact a flag rests on."""
    if fact.kind == "missing":
        return str(_("No result of %(name)s", name=fact.text))
    if fact.kind == "supply":
        return str(_("%(number)s days without tablets", number=fact.text))
    if fact.kind == "regimen":
        return str(_("takes %(name)s", name=fact.text))
    return fact.text or str(_("Name not given"))

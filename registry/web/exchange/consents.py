"""A person's consents, one for each corridor: read aloud, recorded, withdrawn."""

from flask import make_response, redirect, render_template, request, url_for
from flask_babel import force_locale
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from registry.domain.access import rules
from registry.errors import BadInput, NotFound
from registry.usecases.care.chart.at_a_glance import chart
from registry.usecases.care.chart.chart_model import Chart
from registry.usecases.exchange import corridor
from registry.web.frame import languages
from registry.web.frame.desk import Desk
from registry.web.frame.reading import Sheet

PERIODS = ("90", "180", "365")
USUAL = "180"


def show(desk: Desk, person_id: str) -> str:
    """List the consents; with a partner in the address also the form for a new one."""
    partner = request.args.get("partner", "")
    spoken = request.args.get("in", "")
    return _page(desk, person_id, Sheet({"partner": partner, "in": spoken, "days": USUAL}), first=True)


def send(desk: Desk, person_id: str) -> Response:
    """Record what the person agreed to."""
    sheet = Sheet(request.form)
    classes = tuple(dict.fromkeys(request.form.getlist("classes")))
    new = _read(desk, sheet, classes)
    if new is not None:
        try:
            corridor.record_consent(desk.services, desk.caller, person_id, new)
        except BadInput as error:
            sheet.refuse("classes", _(error.sentence))
        else:
            response = redirect(_after(person_id, new.partner, sheet.raw("then")), 303)
            desk.frame.notices.leave(response, "consented")
            return response
    return make_response(_page(desk, person_id, sheet, chosen=classes), 422)


def _read(desk: Desk, sheet: Sheet, classes: tuple[str, ...]) -> corridor.NewConsent | None:
    partners = {partner.id: partner for partner in desk.node.programmes}
    partner = sheet.choice("partner", tuple(partners), _("Choose a partner."))
    if not partner:
        return None
    if not classes or not set(classes) <= set(partners[partner].data_classes):
        sheet.refuse("classes", _("Choose at least one kind of data that the person agrees to share."))
    days = sheet.choice("days", PERIODS, _("Choose until when."))
    if sheet.raw("agreed") != "yes":
        sheet.refuse("agreed", _("Confirm that the text was read and that the person agreed."))
    if sheet.errors:
        return None
    spoken = sheet.raw("in") if sheet.raw("in") in languages.LANGUAGES else languages.language()
    found = sheet.raw("discoverable") == "yes"
    return corridor.NewConsent(partner, classes, "TREAT", int(days), found, spoken)


def ask_withdraw(desk: Desk, person_id: str, consent_id: str) -> str:
    """Ask once more before a consent is withdrawn."""
    found = chart(desk.services, desk.caller, person_id, languages.language())
    row = next((row for row in found.consents if row.id == consent_id and row.state == "active"), None)
    if row is None:
        raise NotFound("There is no such consent.")
    policy = desk.node.partner(row.partner)
    name = policy.name if policy else row.partner
    return render_template("exchange/withdraw.html", person=found.person, row=row, partner_name=name)


def withdraw(desk: Desk, person_id: str, consent_id: str) -> Response:
    """Withdraw a consent of this person now."""
    rows = corridor.consents(desk.services, desk.caller, person_id)
    if not any(row.id == consent_id for row in rows):
        raise NotFound("There is no such consent.")
    corridor.withdraw_consent(desk.services, desk.caller, consent_id)
    response = redirect(url_for("web.consents", person_id=person_id), 303)
    desk.frame.notices.leave(response, "withdrawn")
    return response


def _after(person_id: str, partner: str, then: str) -> str:
    """Go on with what the consent was needed for."""
    if then == "send":
        return url_for("web.preview", person_id=person_id, partner_id=partner)
    if then == "ask":
        return url_for("web.ask", person_id=person_id)
    return url_for("web.consents", person_id=person_id)


def _page(desk: Desk, person_id: str, sheet: Sheet, chosen: tuple[str, ...] = (), first: bool = False) -> str:
    rules.check_can(desk.caller, "consent")
    found = chart(desk.services, desk.caller, person_id, languages.language())
    policy = desk.node.partner(sheet.raw("partner"))
    spoken = _spoken(sheet, found)
    text = ""
    if policy is not None:
        with force_locale(spoken):
            text = render_template("exchange/read_aloud.html", partner=policy)
    return render_template(
        "exchange/consents.html",
        person=found.person,
        consents=found.consents,
        partners=desk.node.programmes,
        partner_names={partner.id: partner.name for partner in desk.node.partners},
        policy=policy,
        sheet=sheet,
        chosen=policy.data_classes if policy and first else chosen,
        text=text,
        spoken=spoken,
        then=sheet.raw("then") or request.args.get("then", ""),
        periods=[("90", _("3 months")), ("180", _("6 months")), ("365", _("1 year"))],
    )


def _spoken(sheet: Sheet, found: Chart) -> str:
    """Return the language to read aloud in: the one asked for, else the person's, else the page's."""
    asked = (sheet.raw("in"), found.person.language, languages.language())
    return next(code for code in (*asked, "es") if code in languages.LANGUAGES)

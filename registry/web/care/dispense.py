"""Record medicine handed over; what it makes of the supply is shown before it is saved."""

from datetime import timedelta
from decimal import Decimal

from flask import make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from registry.domain.care.continuity import Supply
from registry.errors import BadInput
from registry.usecases.care import dispense
from registry.usecases.care.chart.at_a_glance import chart
from registry.usecases.care.chart.chart_model import Chart
from registry.web.frame.desk import Desk
from registry.web.frame.reading import Sheet

OLDEST = timedelta(days=366)
FURTHEST = timedelta(days=400)


def show(desk: Desk, person_id: str) -> str:
    """Show the form; today's date is filled in."""
    typed = {"day": desk.services.today().isoformat(), "dose": "1", "facility": desk.user.facility}
    return _page(desk, person_id, Sheet(typed))


def send(desk: Desk, person_id: str) -> Response:
    """Save the delivery and go back to the person."""
    sheet = Sheet(request.form)
    new = _read(desk, person_id, sheet)
    if new is not None:
        try:
            dispense.record_dispense(desk.services, desk.caller, new)
        except BadInput as error:
            sheet.refuse("product", _(error.sentence))
        else:
            response = redirect(url_for("web.chart", person_id=person_id), 303)
            desk.frame.notices.leave(response, "dispensed")
            return response
    return make_response(_page(desk, person_id, sheet), 422)


def check(desk: Desk, person_id: str) -> Response:
    """Show what the delivery would make of the supply: a part of the page, without JavaScript the whole."""
    sheet = Sheet(request.form)
    new = _read(desk, person_id, sheet)
    supply: Supply | None = None
    if new is not None:
        try:
            supply = dispense.supply_after(desk.services, desk.caller, new)
        except BadInput as error:
            sheet.refuse("product", _(error.sentence))
    if request.headers.get("HX-Request"):
        return make_response(render_template("care/run_out.html", supply=supply, new=new, asked=True))
    return make_response(_page(desk, person_id, sheet, supply, new), 422 if sheet.errors else 200)


def _read(desk: Desk, person_id: str, sheet: Sheet) -> dispense.NewDispense | None:
    today = desk.services.today()
    product = sheet.choice("product", desk.node.formulary, _("Choose the medicine."))
    tablets = sheet.decimal("quantity", Decimal(1), dispense.MOST_TABLETS, _("Type how many tablets."))
    days = sheet.whole("days", 1, dispense.MOST_DAYS, _("Type for how many days they last."))
    dose = sheet.decimal("dose", Decimal("0.5"), Decimal(20), _("Type how many tablets a day."))
    handed_over = sheet.day("day", today - OLDEST, today, _("Type the day."))
    pickup = sheet.day("pickup", handed_over or today, today + FURTHEST)
    facility = sheet.choice("facility", ["", *(place.id for place in desk.node.facilities)])
    if sheet.errors or tablets is None or days is None or dose is None or handed_over is None:
        return None
    return dispense.NewDispense(person_id, product, tablets, days, handed_over, pickup, dose, facility)


def _page(
    desk: Desk,
    person_id: str,
    sheet: Sheet,
    supply: Supply | None = None,
    new: dispense.NewDispense | None = None,
) -> str:
    found = chart(desk.services, desk.caller, person_id)
    return render_template(
        "care/dispense.html",
        chart=found,
        sheet=sheet,
        supply=supply,
        new=new,
        products=_products(desk, found),
        facilities=[(place.id, place.name) for place in desk.node.facilities],
    )


def _products(desk: Desk, found: Chart) -> list[tuple[str, str]]:
    """Return the formulary; the product that holds what the person takes now says so."""
    now = _("takes now")
    taken = found.regimen.ingredients
    return [
        (key, f"{name} ({now})" if frozenset(key.split("/")) == taken else name)
        for key, name in dispense.products(desk.node)
    ]

"""Register a person: several documents, warnings that do not block, people who may be the same."""

from flask import make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from registry.errors import BadInput
from registry.usecases.care.people import lookup, register
from registry.web.care import sealed
from registry.web.care.find import kinds
from registry.web.frame import languages
from registry.web.frame.desk import Desk
from registry.web.frame.reading import Sheet
from registry.web.wording.people import COUNTRIES, SEX, SPOKEN

ROWS, MOST_ROWS = 3, 8


def show(desk: Desk) -> str:
    """Show the form, filled with what was searched for."""
    typed: dict[str, str] = {}
    if request.args.get("q"):
        asked = sealed.open_lookup(desk, request.args["q"])
        given, _space, family = asked.name.partition(" ")
        year, month, day = [*asked.birth_date.split("-"), "", "", ""][:3]
        typed = {
            "number-1": asked.identifier, "kind-1": asked.identifier_kind, "given": given, "family": family,
            "born-year": year, "born-month": month, "born-day": day,
        }  # fmt: skip
    return _page(desk, Sheet(typed))


def send(desk: Desk) -> Response:
    """Save the person, unless something should be looked at first."""
    sheet = Sheet(request.form)
    if sheet.raw("more"):
        return make_response(_page(desk, sheet))
    new = _read(desk, sheet)
    if sheet.errors:
        return make_response(_page(desk, sheet), 422)
    try:
        warnings = register.warnings(desk.services, desk.caller, new)
        similar = _similar(desk, new)
        if (warnings or similar) and sheet.raw("looked") != _looked(warnings, similar):
            return make_response(_page(desk, sheet, warnings, similar))
        done = register.register(desk.services, desk.caller, new)
    except BadInput as error:
        sheet.refuse("given", _(error.sentence))
        return make_response(_page(desk, sheet), 422)
    response = redirect(url_for("web.chart", person_id=done.person_id), 303)
    desk.frame.notices.leave(response, "registered")
    return response


def _read(desk: Desk, sheet: Sheet) -> register.NewPerson:
    given = sheet.text("given", longest=register.LONGEST)
    family = sheet.text("family", longest=register.LONGEST)
    if not given and not family and not sheet.errors:
        sheet.refuse("given", _("Type at least one name."))
    return register.NewPerson(
        given=given,
        family=family,
        birth_date=sheet.partial_day("born", desk.services.today()),
        sex=sheet.choice("sex", register.SEXES, _("Choose one. “Not known” is an answer.")),
        identifiers=_documents(desk, sheet),
        language=sheet.choice("language", ("", *SPOKEN)),
        phone=_phone(sheet),
        origin_country=sheet.choice("country", ("", *COUNTRIES)),
    )


def _documents(desk: Desk, sheet: Sheet) -> tuple[tuple[str, str], ...]:
    keys = [kind.key for kind in desk.node.identifiers]
    found: list[tuple[str, str]] = []
    for row in range(1, _rows(sheet) + 1):
        number = sheet.text(f"number-{row}", longest=60)
        if number:
            kind = sheet.choice(f"kind-{row}", keys, _("Choose the kind of this document."))
            found.append((kind, number))
        elif sheet.raw(f"kind-{row}") and not sheet.error(f"number-{row}"):
            sheet.choice(f"kind-{row}", keys)
    return tuple(found)


def _phone(sheet: Sheet) -> str:
    value = sheet.text("phone", longest=40)
    if value and not set(value) <= set("0123456789+-() ."):
        sheet.refuse("phone", _("Type the number with digits, for example +51 999 555 010."))
    return value


def _similar(desk: Desk, new: register.NewPerson) -> list[lookup.Found]:
    """Return people of the same name and birth date."""
    if not new.birth_date:
        return []
    asked = lookup.Lookup(name=f"{new.given} {new.family}", birth_date=new.birth_date)
    return lookup.find(desk.services, desk.caller, asked, languages.language())


def _looked(warnings: tuple[tuple[str, str], ...], similar: list[lookup.Found]) -> str:
    """Name what was shown, so that a change of what was typed is looked at again."""
    return ",".join([*(f"{code}:{key}" for code, key in warnings), *(hit.person_id for hit in similar)])


def _rows(sheet: Sheet) -> int:
    asked = sheet.raw("rows")
    rows = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 3 else ROWS
    return max(ROWS, min(rows, MOST_ROWS))


def _page(
    desk: Desk,
    sheet: Sheet,
    warnings: tuple[tuple[str, str], ...] = (),
    similar: list[lookup.Found] | None = None,
) -> str:
    rows = min(_rows(sheet) + (2 if sheet.raw("more") else 0), MOST_ROWS)
    names = dict(kinds(desk))
    return render_template(
        "care/register.html",
        sheet=sheet,
        rows=rows,
        most=MOST_ROWS,
        kinds=kinds(desk),
        sexes=list(SEX.items()),
        countries=list(COUNTRIES.items()),
        spoken=list(SPOKEN.items()),
        odd=[(code, names.get(key, key)) for code, key in warnings if code != "same-document"],
        same=[key for code, key in warnings if code == "same-document"],
        similar=similar or [],
        looked=_looked(warnings, similar or []),
    )

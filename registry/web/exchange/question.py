"""Decide a partner's question that waits: choose the person it means, or refuse it with a reason."""

from flask import make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from registry.errors import BadInput, Conflict, NotFound
from registry.usecases.exchange.answering import decide
from registry.web.frame import languages
from registry.web.frame.desk import Desk
from registry.web.frame.reading import Sheet
from registry.web.wording.exchange import REFUSALS


def show(desk: Desk, inbox_id: str) -> Response:
    """Show whom the partner names, who of ours may be meant, and the reasons for a refusal."""
    return _page(desk, inbox_id, Sheet())


def answer(desk: Desk, inbox_id: str) -> Response:
    """Answer with the record of the person chosen."""
    sheet = Sheet(request.form)
    person = sheet.raw("person")
    if not person:
        sheet.refuse("person", _("Choose one of the people listed."))
    elif sheet.raw("sure") != "yes":
        sheet.refuse("sure", _("Confirm that you compared the documents."))
    else:
        try:
            decide.answer(desk.services, desk.caller, inbox_id, person)
        except (BadInput, Conflict) as error:
            sheet.refuse("person", _(error.sentence))
        else:
            return _done(desk, inbox_id, "answered")
    return _page(desk, inbox_id, sheet, 422)


def refuse(desk: Desk, inbox_id: str) -> Response:
    """Refuse with one of the reasons."""
    sheet = Sheet(request.form)
    reason = sheet.choice("reason", tuple(REFUSALS), _("Choose a reason."))
    if reason:
        try:
            decide.refuse_it(desk.services, desk.caller, inbox_id, reason)
        except (BadInput, Conflict) as error:
            sheet.refuse("reason", _(error.sentence))
        else:
            return _done(desk, inbox_id, "refused")
    return _page(desk, inbox_id, sheet, 422)


def _done(desk: Desk, inbox_id: str, notice: str) -> Response:
    response = redirect(url_for("web.incoming_one", inbox_id=inbox_id), 303)
    desk.frame.notices.leave(response, notice)
    return response


def _page(desk: Desk, inbox_id: str, sheet: Sheet, status: int = 200) -> Response:
    found = decide.waiting(desk.services, desk.caller, inbox_id, languages.language())
    if found is None:
        if sheet.errors:
            return redirect(url_for("web.incoming_one", inbox_id=inbox_id), 303)
        raise NotFound("There is no such message.")
    page = render_template(
        "exchange/question.html",
        open=found,
        inbox_id=inbox_id,
        sheet=sheet,
        refusals=[(code, words[0]) for code, words in REFUSALS.items()],
    )
    return make_response(page, status)

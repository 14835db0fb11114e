"""Error pages: a sentence in the person's language and what to do next."""

from flask import Flask, Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from config.logs import Event, kind, log, where
from registry.errors import NotSignedIn, Refusal
from registry.web.frame.desk import Frame

RETRY_SECONDS = "60"

TEXTS = {
    400: (_l("We could not read that"), _l("Go back, look at what was typed, and send it again.")),
    403: (
        _l("You may not do this"),
        _l("Your account does not allow it. Ask the administrator of your programme if you need it."),
    ),
    404: (
        _l("There is nothing here"),
        _l("The address may be wrong, or the record is not in this registry. Look for the person again."),
    ),
    409: (
        _l("This clashes with what is stored"),
        _l("Somebody may have done it already. Look at the record again."),
    ),
    410: (_l("This has been deleted"), _l("It was here and has been removed. Look for the person again.")),
    413: (_l("That is too large"), _l("Send less at once, or split the file.")),
    422: (_l("This cannot be recorded"), _l("Go back and change what the sentence names.")),
    429: (_l("Too many requests"), _l("Wait a minute and try again. Nothing was lost.")),
    500: (
        _l("Something failed on our side"),
        _l("Nothing was stored halfway. Try again; if it happens again, call your administrator."),
    ),
    503: (
        _l("The registry cannot answer now"),
        _l("Nothing was stored. Try again in a minute. Treatment goes on: write down what you hand over."),
    ),
}
_SAME_AS = {401: 403, 405: 404, 412: 409, 415: 400, 502: 503, 504: 503}


def register_errors(app: Flask, frame: Frame) -> None:
    """Answer every refusal and failure with a page."""
    app.register_error_handler(NotSignedIn, lambda _error: to_sign_in(frame))
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(CSRFError, _old_form)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _failed)


def to_sign_in(frame: Frame) -> AnyResponse:
    """Send the person to the sign-in page, and back to where they were when that was a page."""
    response = _door()
    if request.cookies.get(frame.cookies.session):
        frame.cookies.drop(response, frame.cookies.session)
        frame.notices.leave(response, "ended" if request.method == "GET" else "ended-unsaved")
    return response


def _door() -> AnyResponse:
    back = request.full_path.rstrip("?") if request.method == "GET" and request.path != "/" else None
    target = url_for("web.sign_in", next=back)
    if request.headers.get("HX-Request"):
        response = make_response("", 204)
        response.headers["HX-Redirect"] = target
        return response
    return redirect(target, 303)


def page(status: int, sentence: str = "") -> Response:
    """Make the page of a status; `sentence` is said in the person's language where the catalogue has it."""
    known = status if status in TEXTS else _SAME_AS.get(status, 500 if status >= 500 else 400)
    title, advice = TEXTS[known]
    detail = _(sentence) if sentence else ""
    body = render_template("error.html", title=title, advice=advice, detail=detail, status=status)
    response = make_response(body, status)
    if status in (429, 503):
        response.headers["Retry-After"] = RETRY_SECONDS
    return response


def _refused(error: Refusal) -> AnyResponse:
    if error.status >= 500:
        _note(error)
        return page(error.status)
    return page(error.status, error.sentence)


def _old_form(_error: CSRFError) -> AnyResponse:
    return page(400, _("The form was open for too long or came from another place."))


def _http(error: HTTPException) -> AnyResponse:
    return page(error.code or 500)


def _failed(error: Exception) -> AnyResponse:
    """Say where it failed, never what was in it: the text of an exception may hold a person's data."""
    _note(error)
    return page(500)


def _note(error: Exception) -> None:
    route = request.url_rule.rule if request.url_rule else ""
    log(Event.PAGE_FAILED, method=request.method, route=route, error=kind(error), where=where(error))

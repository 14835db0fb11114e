"""Form tokens bound to the server-side session, and the check of where a form came from.

Flask-WTF makes and checks the tokens; the value it keeps in a session is computed here from the session
cookie, so that Flask's own readable cookie stays unused.
"""

import hashlib
import hmac
import secrets
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Request, Response, g, request
from flask.sessions import SessionInterface, SessionMixin
from flask_wtf.csrf import CSRFProtect

from registry.errors import BadInput
from registry.web.frame.cookies import Cookies

FIELD = "csrf_token"


class FormSession(dict[str, Any], SessionMixin):
    """What Flask-WTF sees as a session: one value that follows from the visitor's cookie."""

    fresh: str = ""


class FormSessions(SessionInterface):
    """Give each visitor a form session, bound to the signed-in session or to a random cookie before it."""

    def __init__(self, cookies: Cookies, secret: str) -> None:
        self._cookies = cookies
        self._secret = secret.encode()

    def open_session(self, app: Flask, request: Request) -> FormSession:
        """Compute the value for this visitor."""
        known = request.cookies.get(self._cookies.session) or request.cookies.get(self._cookies.name("form"))
        origin = known or secrets.token_urlsafe(32)
        value = hmac.new(self._secret, f"form|{origin}".encode(), hashlib.sha256).hexdigest()
        session = FormSession({FIELD: value})
        session.fresh = "" if known else origin
        return session

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Set the cookie of a new visitor who was given a form."""
        if isinstance(session, FormSession) and session.fresh and FIELD in g:
            self._cookies.set(response, self._cookies.name("form"), session.fresh)


def register_form_tokens(app: Flask, cookies: Cookies, secret: str) -> CSRFProtect:
    """Prepare the tokens; a hook of the pages checks them."""
    app.session_interface = FormSessions(cookies, secret)
    app.config.update(
        WTF_CSRF_SECRET_KEY=secret,
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,  # the token ends with the session it is bound to
        WTF_CSRF_SSL_STRICT=False,  # pages send no referrer; check_origin stands in
    )
    protect = CSRFProtect()
    protect.init_app(app)
    return protect


def check_origin(web_url: str) -> None:
    """Raise BadInput when the browser says that a form came from another site.

    Pages send no referrer, so browsers write `Origin: null` even for our own forms; Sec-Fetch-Site decides
    then (https://www.w3.org/TR/fetch-metadata/), and the form token in browsers without it.
    """
    site = request.headers.get("Sec-Fetch-Site", "")
    origin = request.headers.get("Origin", "")
    hosts = {request.host, urlsplit(web_url).netloc}
    foreign = origin not in ("", "null") and urlsplit(origin).netloc not in hosts
    if foreign or site not in ("", "same-origin", "none"):
        raise BadInput("The form came from another site.")

"""One-time notices after a redirect: a code in a small signed cookie, never a text and never patient data."""

from flask import request
from flask_babel import lazy_gettext as _l
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from registry.web.frame.cookies import Cookies

SECONDS = 60

TEXTS = {
    "signed-out": _l("You have signed out."),
    "ended": _l("You were signed out because nothing happened for a while. Sign in to go on."),
    "ended-unsaved": _l("You were signed out before it was saved. Sign in and type it again."),
    "registered": _l("The person has been registered."),
    "dispensed": _l("The delivery of medicine has been recorded."),
    "consented": _l("The consent has been recorded."),
    "withdrawn": _l("The consent has been withdrawn. Nothing more will be sent to this partner."),
    "asked": _l("The question is on its way to the partner. The answer will appear here."),
    "queued": _l("The summary is in the queue."),
    "retried": _l("The message is back in the queue."),
    "reviewed": _l("Marked as reviewed."),
    "answered": _l("The question has been answered. The care summary is in the queue."),
    "refused": _l("The question has been refused. The partner is told why."),
    "user-added": _l("The person can sign in now."),
    "user-disabled": _l("The person can no longer sign in."),
}


class Notices:
    """Write a notice into the answer of one request and read it in the next."""

    def __init__(self, cookies: Cookies, secret: str) -> None:
        self._cookies = cookies
        self._signer = URLSafeTimedSerializer(secret, salt="notice")

    def leave(self, response: Response, code: str) -> None:
        """Leave a notice for the next page."""
        self._cookies.set(response, self._cookies.name("notice"), self._signer.dumps(code), SECONDS)

    def waiting(self) -> str:
        """Return the text of the notice that waits, or an empty string."""
        value = request.cookies.get(self._cookies.name("notice"), "")
        try:
            code = self._signer.loads(value, max_age=SECONDS) if value else ""
        except BadSignature:
            return ""
        return str(TEXTS.get(code, ""))

    def drop(self, response: Response) -> None:
        """Remove a notice that was shown."""
        if request.cookies.get(self._cookies.name("notice")):
            self._cookies.drop(response, self._cookies.name("notice"))

"""POST one packed message to a partner's pinned address and report what happened in one code.

The address comes from the signed trust list and nowhere else: no redirect is followed, and no proxy or
certificate setting of the environment is used. What a partner answers is read up to a limit of size and time.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from config.logs import Event, log
from registry.ports.outside import Answer, Notification

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
WHOLE_SECONDS = 40.0
LARGEST_ANSWER = 64 * 1024
CONTENT_TYPE = "application/jose"
NOTIFICATION_TYPE = "application/fhir+json"

NO_ADDRESS = "no-address"
CONNECT_FAILED = "connect-failed"
NOT_SECURE = "tls-failed"
TIMED_OUT = "timed-out"
CUT_OFF = "cut-off"
NOT_HTTP = "not-http"
TOO_LARGE = "answer-too-large"
TOO_SLOW = "answer-too-slow"
REDIRECTED = "redirected"

FindAddress = Callable[[str], str | None]


class Refuse(Exception):
    """End reading an answer; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class HttpPartnerClient:
    """Sends messages over HTTP; `find_address` gives the address of a partner in the trust list, or None."""

    def __init__(self, find_address: FindAddress, whole: float = WHOLE_SECONDS) -> None:
        """Prepare one pooled client; `whole` limits a whole exchange in seconds."""
        self._find_address = find_address
        self._whole = whole
        self._http = httpx.Client(
            follow_redirects=False,
            trust_env=False,
            timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
            headers={"User-Agent": "puente", "Accept": CONTENT_TYPE, "Accept-Encoding": "identity"},
        )

    def send(self, partner_id: str, msg_id: str, packed: bytes) -> Answer:
        """POST the message; status 0 with an error code when there was no usable answer."""
        address = self._find_address(partner_id)
        if address is None:
            return Answer(0, error=NO_ADDRESS)
        headers = (("Content-Type", CONTENT_TYPE), ("Idempotency-Key", msg_id))
        return self._send(Notification(partner_id, msg_id, address, packed, headers))

    def notify(self, notification: Notification) -> Answer:
        """POST a notification to an address that was checked; status 0 when there was no usable answer."""
        headers = (
            *notification.headers,
            ("Content-Type", NOTIFICATION_TYPE),
            ("Accept", "*/*"),
            ("Idempotency-Key", notification.msg_id),
        )
        return self._send(replace(notification, headers=headers))

    def _send(self, sent: Notification) -> Answer:
        started = time.monotonic()
        answer = self._post(sent, min(self._whole, sent.timeout or self._whole))
        log(
            Event.PARTNER_ANSWERED,
            partner=sent.partner,
            message=sent.msg_id,
            status=answer.status,
            error=answer.error,
            ms=round((time.monotonic() - started) * 1000, 1),
            size=len(sent.body),
        )
        return answer

    def _post(self, sent: Notification, whole: float) -> Answer:
        deadline = time.monotonic() + whole
        patience = httpx.Timeout(min(READ_SECONDS, whole), connect=min(CONNECT_SECONDS, whole))
        headers = dict(sent.headers)
        try:
            with self._http.stream(
                "POST", sent.address, content=sent.body, headers=headers, timeout=patience
            ) as response:
                return _answer(response, _read(response, deadline))
        except Refuse as refusal:
            return Answer(0, error=refusal.code)
        except httpx.HTTPError as error:
            return Answer(0, error=_code(error))

    def close(self) -> None:
        """Close pooled connections."""
        self._http.close()


def _read(response: httpx.Response, deadline: float) -> bytes:
    """Read the body, but not more or longer than we are willing to."""
    body = bytearray()
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > LARGEST_ANSWER:
            raise Refuse(TOO_LARGE)
        if time.monotonic() > deadline:
            raise Refuse(TOO_SLOW)
    return bytes(body)


def _answer(response: httpx.Response, body: bytes) -> Answer:
    if 300 <= response.status_code < 400:
        return Answer(response.status_code, error=REDIRECTED)
    note = ""
    if response.headers.get("Content-Type", "").partition(";")[0].strip() == CONTENT_TYPE:
        note = body.decode("ascii", "replace").strip()
    return Answer(response.status_code, note, _retry_after(response.headers.get("Retry-After")))


def _retry_after(text: str | None) -> float | None:
    """Read Retry-After as seconds from now (RFC 9110 section 10.2.3); None when it is neither form."""
    if not text:
        return None
    if text.isdecimal():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def _code(error: httpx.HTTPError) -> str:
    """Name a failure without its text: it holds addresses."""
    match error:
        case httpx.ConnectError():
            cause = str(error.__cause__ or error).lower()
            return NOT_SECURE if "ssl" in cause or "certificate" in cause else CONNECT_FAILED
        case httpx.TimeoutException():
            return TIMED_OUT
        case httpx.NetworkError():
            return CUT_OFF
        case httpx.RemoteProtocolError():
            return CUT_OFF if "without sending" in str(error) or "incomplete" in str(error) else NOT_HTTP
        case _:
            return NOT_HTTP

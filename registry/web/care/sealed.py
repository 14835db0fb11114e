"""What must travel in an address or a cookie but say nothing there: a search, and the people opened last.

Both are sealed under the signed-in person's own key, signed and bound to the session: they open nowhere else.
"""

import base64
import json
from dataclasses import asdict

from flask import Response, request
from itsdangerous import BadSignature, Signer

from registry.errors import BadInput
from registry.usecases.care.people.lookup import Lookup
from registry.web.frame.desk import Desk

RECENT = 6
LONGEST = 4000


def seal_lookup(desk: Desk, lookup: Lookup) -> str:
    """Seal a search for the address of its results."""
    return _seal(desk, "search", json.dumps(asdict(lookup)).encode())


def open_lookup(desk: Desk, text: str) -> Lookup:
    """Open a sealed search; raise BadInput when it is not of this session."""
    values = json.loads(_open(desk, "search", text))
    return Lookup(**values)


def recent(desk: Desk) -> list[tuple[str, str]]:
    """Return (id, name) of the people opened last in this session."""
    text = request.cookies.get(desk.frame.cookies.name("recent"), "")
    if not text:
        return []
    try:
        return [(str(person_id), str(name)) for person_id, name in json.loads(_open(desk, "recent", text))]
    except BadInput:
        return []


def remember(desk: Desk, response: Response, person_id: str, name: str) -> None:
    """Put a person in front of those opened last."""
    others = [entry for entry in recent(desk) if entry[0] != person_id]
    plain = json.dumps([(person_id, name[:60]), *others][:RECENT]).encode()
    desk.frame.cookies.set(response, desk.frame.cookies.name("recent"), _seal(desk, "recent", plain))


def _seal(desk: Desk, purpose: str, plain: bytes) -> str:
    sealed = desk.services.vault.seal(f"user:{desk.user.id}", _place(desk, purpose), plain)
    return _signer(desk, purpose).sign(base64.urlsafe_b64encode(sealed)).decode()


def _open(desk: Desk, purpose: str, text: str) -> bytes:
    try:
        encoded = _signer(desk, purpose).unsign(text[:LONGEST])
    except BadSignature:
        raise BadInput("The address of this search is no longer valid. Search again.") from None
    sealed = base64.urlsafe_b64decode(encoded)
    return desk.services.vault.open(f"user:{desk.user.id}", _place(desk, purpose), sealed)


def _signer(desk: Desk, purpose: str) -> Signer:
    return Signer(desk.frame.secret, salt=f"{purpose}|{desk.signed_in().session.digest.hex()}")


def _place(desk: Desk, purpose: str) -> tuple[str, str, str, int]:
    return ("web", desk.signed_in().session.digest.hex(), purpose, 1)

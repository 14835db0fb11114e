"""Sign in with password and one-time code; sessions live on the server and end when idle.

Every failure gives the same answer and costs the same time, so that nobody learns who has an account.
"""

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import timedelta

from registry.domain.model import AuditEntry, Caller, Session, User
from registry.errors import NotSignedIn
from registry.ports import Services, Unit

MOST_FAILURES = 5
LOCK = timedelta(minutes=5)
TOUCH = timedelta(seconds=60)
SENTENCE = "Name, password or code is not right, or the account is closed."


@dataclass(frozen=True)
class SignedIn:
    """A fresh session: the value of its cookie and the user."""

    cookie: str
    user: User


@dataclass(frozen=True)
class Current:
    """Who is using a session."""

    user: User
    caller: Caller
    session: Session


def sign_in(services: Services, name: str, password: str, code: str) -> SignedIn:
    """Start a session; raise NotSignedIn, also while the account rests after failures.

    The slow check of the password runs between two units: it must hold no lock of the database.
    """
    name = name.strip().lower()
    with services.unit() as unit:
        known = unit.users.by_name(name)
    right = services.secrets.check_password(known.password_hash if known else None, password)
    with services.unit() as unit:
        # One code must not pass twice: sign-ins of one account come one after the other.
        unit.lock([name.encode()])
        user = unit.users.by_name(name)
        now = unit.now()
        locked = user is not None and user.locked_until is not None and user.locked_until > now
        same = user is not None and known is not None and user.password_hash == known.password_hash
        step = _step(services, user, code)
        if user is None or user.disabled or locked or not (right and same) or step is None:
            _failed(unit, user, locked)
            unit.commit()
            raise NotSignedIn(SENTENCE)
        cookie = secrets.token_urlsafe(32)
        fresh = replace(user, totp_step=step, failures=0, locked_until=None)
        unit.users.save(fresh)
        unit.sessions.add(Session(_digest(cookie), user.id, now, now, auth_level=2, language=user.language))
        unit.audit.add(AuditEntry(caller_of(user), "sign-in"))
        unit.commit()
    return SignedIn(cookie, fresh)


def _step(services: Services, user: User | None, code: str) -> int | None:
    if user is None:
        return None
    secret = services.vault.open(f"user:{user.id}", totp_place(user.id), user.totp).decode()
    return services.secrets.check_code(secret, code, services.clock.now(), user.totp_step)


def _failed(unit: Unit, user: User | None, locked: bool) -> None:
    if user is not None and not locked:
        failures = user.failures + 1
        until = unit.now() + LOCK if failures >= MOST_FAILURES else None
        unit.users.save(replace(user, failures=0 if until else failures, locked_until=until))
    caller = Caller(f"user:{user.id}" if user else "unknown", "system", "")
    unit.audit.add(AuditEntry(caller, "sign-in", "refused"))


def totp_place(user_id: str) -> tuple[str, str, str, int]:
    """Return the envelope's place of a user's code secret."""
    return ("app_user", user_id, "totp", 1)


def current(services: Services, cookie: str) -> Current:
    """Return who a session belongs to; raise NotSignedIn when it is idle, over, or the user is disabled."""
    digest = _digest(cookie)
    with services.unit() as unit:
        session = unit.sessions.get(digest)
        user = unit.users.get(session.user_id) if session else None
        now = unit.now()
        if session is None or session.ended is not None or user is None or user.disabled:
            raise NotSignedIn("Sign in to go on.")
        idle = timedelta(seconds=services.settings.session_idle)
        absolute = timedelta(seconds=services.settings.session_absolute)
        if now - session.last_seen > idle or now - session.created > absolute:
            unit.sessions.end(digest)
            unit.commit()
            raise NotSignedIn("You were signed out because nothing happened for a while. Sign in to go on.")
        if now - session.last_seen > TOUCH:
            unit.sessions.touch(digest)
            unit.commit()
    return Current(user, caller_of(user), session)


def caller_of(user: User) -> Caller:
    """Return the caller a user acts as."""
    return Caller(f"user:{user.id}", user.role, user.organization, user.facility, user.region)


def sign_out(services: Services, cookie: str) -> None:
    """End a session."""
    with services.unit() as unit:
        session = unit.sessions.get(_digest(cookie))
        if session is not None:
            unit.sessions.end(session.digest)
            unit.audit.add(AuditEntry(Caller(f"user:{session.user_id}", "system", ""), "sign-out"))
            unit.commit()


def set_language(services: Services, cookie: str, language: str) -> None:
    """Remember the language a person chose, when this node speaks it."""
    if language not in services.node.languages:
        return
    with services.unit() as unit:
        unit.sessions.set_language(_digest(cookie), language)
        unit.commit()


def _digest(cookie: str) -> bytes:
    return hashlib.sha256(cookie.encode()).digest()

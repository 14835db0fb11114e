"""Acts that one person alone may not do: one asks, another confirms, and it is done once."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from registry.errors import Conflict, NotAllowed

Act = Literal["erase", "destroy-key", "export-keys"]
ACTS: tuple[Act, ...] = get_args(Act)
LIFE = timedelta(days=3)


@dataclass(frozen=True)
class Approval:
    """One request: `digest` binds it to act and subject, `request` (sealed) says what they are, and why."""

    id: str
    act: Act
    digest: str
    request: bytes
    asked_by: str
    asked: datetime
    expires: datetime
    confirmed_by: str = ""
    confirmed: datetime | None = None
    used: datetime | None = None


def digest_of(act: str, subject: str) -> str:
    """Return what an approval is bound to, so that it cannot be used for anything else."""
    return hashlib.sha256(f"{len(act)}|{act}|{subject}".encode()).hexdigest()


def check_can_confirm(approval: Approval, who: str, now: datetime) -> None:
    """Raise unless `who` is a second person and the request still waits."""
    if approval.used is not None or approval.confirmed is not None:
        raise Conflict("This request has been confirmed already.")
    if now >= approval.expires:
        raise Conflict("This request has run out: ask again.")
    if approval.asked_by == who:
        raise NotAllowed("Somebody else must confirm what you have asked for.")


def check_can_use(approval: Approval, act: str, subject: str, now: datetime) -> None:
    """Raise unless two people have agreed to exactly this act, lately, and it has not been done."""
    if approval.digest != digest_of(act, subject):
        raise NotAllowed("This approval is for something else.")
    if approval.confirmed is None or not approval.confirmed_by or approval.confirmed_by == approval.asked_by:
        raise NotAllowed("A second person must confirm this first: puente approve.")
    if approval.used is not None:
        raise Conflict("This approval has been used.")
    if now >= approval.expires:
        raise Conflict("This approval has run out: ask again.")

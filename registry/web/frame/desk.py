"""Who sits at the desk in one request: the node's services and the signed-in person."""

from dataclasses import dataclass
from datetime import datetime

from flask import g, request

from config import Node
from registry.domain.model import Caller, User
from registry.errors import NotSignedIn
from registry.ports import Services
from registry.usecases.access.sign_in import Current, current
from registry.web.frame.cookies import Cookies
from registry.web.frame.limits import Limits
from registry.web.frame.notices import Notices


@dataclass(frozen=True)
class Frame:
    """What all requests of one application share."""

    services: Services
    cookies: Cookies
    limits: Limits
    notices: Notices
    secret: str


@dataclass(frozen=True)
class Desk:
    """One request's place: `who` is None before sign-in."""

    frame: Frame
    who: Current | None

    @property
    def services(self) -> Services:
        """Return the node's adapters."""
        return self.frame.services

    @property
    def node(self) -> Node:
        """Return the node these pages belong to."""
        return self.frame.services.node

    @property
    def user(self) -> User:
        """Return the signed-in person; raise NotSignedIn when there is none."""
        return self.signed_in().user

    @property
    def caller(self) -> Caller:
        """Return whom use cases act for; raise NotSignedIn when there is none."""
        return self.signed_in().caller

    def signed_in(self) -> Current:
        """Return the session and its person; raise NotSignedIn when there is none."""
        if self.who is None:
            raise NotSignedIn("Sign in to go on.")
        return self.who

    def local(self, moment: datetime) -> datetime:
        """Return a moment in the node's time zone."""
        return moment.astimezone(self.node.time_zone)


def desk(frame: Frame) -> Desk:
    """Find out who asks, once a request; an ended or unknown session counts as nobody."""
    if "desk" not in g:
        g.desk = Desk(frame, _who(frame))
    here: Desk = g.desk
    return here


def _who(frame: Frame) -> Current | None:
    cookie = request.cookies.get(frame.cookies.session, "")
    if not cookie:
        return None
    try:
        return current(frame.services, cookie)
    except NotSignedIn:
        return None

"""Every address of the pages, in one table. Open pages need no sign-in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from registry.web.access import doors, users
from registry.web.care import chart, dispense, find, looked, registering
from registry.web.exchange import ask, consents, deliveries, incoming, question, send

GET = ("GET",)
POST = ("POST",)


@dataclass(frozen=True)
class Route:
    """One address: the view takes the desk and the parts of the address, and returns an answer."""

    rule: str
    name: str
    view: Callable[..., Any]
    methods: tuple[str, ...] = GET
    open: bool = False


ROUTES = (
    Route("/sign-in", "sign_in", doors.show, open=True),
    Route("/sign-in", "sign_in_send", doors.enter, POST, open=True),
    Route("/sign-out", "sign_out", doors.leave, POST, open=True),
    Route("/language", "language", doors.speak, POST, open=True),
    Route("/away", "away", doors.away, open=True),
    Route("/users", "users", users.show),
    Route("/users", "users_add", users.add, POST),
    Route("/users/<user_id>/disable", "users_disable", users.disable, POST),
    Route("/", "home", find.home),
    Route("/find", "find", find.send, POST),
    Route("/people", "people", find.results),
    Route("/people/new", "register", registering.show),
    Route("/people/new", "register_send", registering.send, POST),
    Route("/people/<person_id>", "chart", chart.show),
    Route("/people/<person_id>/looked", "looked", looked.show),
    Route("/people/<person_id>/dispense", "dispense", dispense.show),
    Route("/people/<person_id>/dispense", "dispense_send", dispense.send, POST),
    Route("/people/<person_id>/dispense/run-out", "dispense_check", dispense.check, POST),
    Route("/people/<person_id>/consents", "consents", consents.show),
    Route("/people/<person_id>/consents", "consents_send", consents.send, POST),
    Route("/people/<person_id>/consents/<consent_id>/withdraw", "withdraw", consents.ask_withdraw),
    Route("/people/<person_id>/consents/<consent_id>/withdraw", "withdraw_send", consents.withdraw, POST),
    Route("/people/<person_id>/ask", "ask", ask.show),
    Route("/people/<person_id>/ask", "ask_send", ask.send, POST),
    Route("/people/<person_id>/send", "send", send.choose),
    Route("/people/<person_id>/send/<partner_id>", "preview", send.preview),
    Route("/people/<person_id>/send/<partner_id>", "preview_send", send.send, POST),
    Route("/deliveries", "deliveries", deliveries.show),
    Route("/deliveries/<item_id>", "delivery", deliveries.one),
    Route("/deliveries/<item_id>/line", "delivery_line", deliveries.line),
    Route("/deliveries/<item_id>/retry", "delivery_retry", deliveries.retry, POST),
    Route("/incoming", "incoming", incoming.show),
    Route("/incoming/<inbox_id>", "incoming_one", incoming.one),
    Route("/incoming/<inbox_id>/question", "question", question.show),
    Route("/incoming/<inbox_id>/answer", "question_answer", question.answer, POST),
    Route("/incoming/<inbox_id>/refuse", "question_refuse", question.refuse, POST),
    Route("/incoming/<inbox_id>/reviewed", "reviewed", incoming.reviewed, POST),
)

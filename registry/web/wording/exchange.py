"""Words for partners, consents, messages and transfers."""

from flask_babel import lazy_gettext as _l

FINAL = frozenset({"delivered", "refused", "withdrawn", "superseded", "parked"})
"""States of a message after which the delivery line stops asking."""

KINDS = {
    "request": _l("Question about this person"),
    "summary": _l("Care summary"),
    "transfer": _l("Transfer"),
    "task-status": _l("News of a transfer"),
    "consent-withdrawn": _l("Consent withdrawn"),
    "receipt": _l("Receipt"),
    "fhir": _l("Document"),
}

# State -> (short word, tone, what it means and what to do).
DELIVERY = {
    "pending": (_l("In the queue"), "watch", _l("It leaves within seconds. You can go on with other work.")),
    "leased": (_l("Leaving now"), "watch", _l("It is being sent. You can go on with other work.")),
    "sent": (_l("Received"), "watch", _l("The partner has received it and is checking it.")),
    "delivered": (_l("Delivered"), "good", _l("The partner has accepted it and signed a receipt.")),
    "refused": (
        _l("Refused"),
        "stop",
        _l("The partner did not accept it. Call the partner, then send again, or print the summary."),
    ),
    "withdrawn": (
        _l("Stopped"),
        "act",
        _l("The consent was withdrawn or ended before it left. Nothing was sent. Record a new one to send."),
    ),
    "superseded": (
        _l("Replaced"),
        "quiet",
        _l("The partner already has a newer one. Nothing is left to do."),
    ),
    "parked": (
        _l("Waiting for a person"),
        "stop",
        _l("It could not be sent for a long time. Send it again when the line works, or print the summary."),
    ),
}

# Why a message waits for a person: the code kept with it -> what to do.
TROUBLE = {
    "no-receipt": _l(
        "It left, but the partner never signed a receipt. Call the partner, then send it again."
    ),
    "http-4": _l(
        "The partner's address turned it away, without a signature. Call the partner before sending."
    ),
    "not-supported": _l("This registry lacks keys or a valid trust list here. Tell the administrator."),
    "internal": _l("It failed in this registry. Tell the administrator, then send it again."),
}

INCOMING = {
    "received": (_l("Being read"), "watch"),
    "review": (_l("To be reviewed"), "act"),
    "processed": (_l("Read"), "good"),
    "rejected": (_l("Rejected"), "stop"),
    "duplicate": (_l("Sent twice"), "quiet"),
    "superseded": (_l("Replaced by a newer one"), "quiet"),
}

TRANSFER = {
    "proposed": (_l("Proposed"), "watch", _l("The question is on its way to the partner.")),
    "sent": (_l("Sent"), "watch", _l("The other registry has been asked.")),
    "received": (_l("Received"), "watch", _l("The other registry has it and has not answered yet.")),
    "accepted": (
        _l("Accepted"),
        "watch",
        _l("It closes with the first delivery of medicine at the destination."),
    ),
    "closed": (
        _l("Closed"),
        "good",
        _l("The first delivery of medicine at the destination has been confirmed."),
    ),
    "refused": (_l("Refused"), "stop", _l("The other registry refused it. Call them.")),
    "overdue": (
        _l("Overdue"),
        "stop",
        _l("The covered time has passed without a first delivery. Call the person."),
    ),
    "cancelled": (_l("Cancelled"), "quiet", _l("It does not take place.")),
}

# Why a question is refused: code -> (words to choose by, tone, what the asking side reads).
REFUSALS = {
    "not-one-of-ours": (
        _l("Not one of our people"),
        "stop",
        _l("The other registry does not know the person."),
    ),
    "cannot-tell-who": (
        _l("We cannot tell who is meant"),
        "stop",
        _l("The other registry cannot tell who is meant. Ask again with another document."),
    ),
    "consent-does-not-allow": (
        _l("The consent does not allow it"),
        "stop",
        _l("The consent does not allow an answer. Record a new one, then ask again."),
    ),
    "not-able-to": (
        _l("We cannot take this on"),
        "stop",
        _l("The other registry cannot take this on. Call them."),
    ),
}

COMPARED = {
    "document": _l("Document"),
    "name": _l("Name"),
    "birth-date": _l("Birth date"),
    "sex": _l("Sex"),
}

AGREEMENT = {
    "same": (_l("the same"), "good"),
    "other": (_l("different"), "stop"),
    "unknown": (_l("not comparable"), "quiet"),
}

DIRECTION = {"in": _l("From %(partner)s to us"), "out": _l("From us to %(partner)s")}

DATA_CLASSES = {
    "identity": (_l("Who the person is"), _l("name, birth date, sex, document numbers")),
    "clinical": (
        _l("Treatment"),
        _l("medicines and deliveries, laboratory results, allergies, other illnesses, vaccines"),
    ),
    "contact": (_l("How to reach the person"), _l("telephone and language")),
}

CONSENT = {
    "active": (_l("Valid"), "good"),
    "withdrawn": (_l("Withdrawn"), "act"),
    "ended": (_l("Ended"), "quiet"),
}

SEVERITY = {
    "fatal": (_l("Could not be read"), "stop"),
    "error": (_l("Errors"), "stop"),
    "warning": (_l("Warnings"), "act"),
    "information": (_l("Remarks"), "watch"),
}

SECTIONS = {
    "medications": _l("Medicines"),
    "problems": _l("Problems"),
    "allergies": _l("Allergies"),
    "results": _l("Results"),
    "immunizations": _l("Vaccines"),
    "others": _l("Everything else"),
}


def data_classes(keys: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return (key, words with what belongs to it) for a form."""
    return [(key, ": ".join(str(part) for part in DATA_CLASSES.get(key, (key,)))) for key in keys]


def trouble(code: str) -> str:
    """Return what to do about a message that waits for a person; nothing for troubles of the line."""
    return str(TROUBLE.get("http-4" if code.startswith("http-4") else code, ""))

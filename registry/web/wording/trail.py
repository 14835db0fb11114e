"""Words for the audit trail: who, what, and how it ended."""

from flask_babel import lazy_gettext as _l

from registry.web.wording.people import ROLES as PEOPLE_ROLES

ROLES = {
    **PEOPLE_ROLES,
    "partner": _l("Partner system"),
    "worker": _l("This registry, by itself"),
    "system": _l("This registry, by itself"),
}

ACTIONS = {
    "view": _l("Looked at the page"),
    "read": _l("Read a part"),
    "search": _l("Searched"),
    "create": _l("Recorded something"),
    "update": _l("Changed something"),
    "delete": _l("Deleted something"),
    "write": _l("Recorded something"),
    "consent": _l("Recorded or withdrew a consent"),
    "preview": _l("Looked at a summary before sending"),
    "summary": _l("Made a summary"),
    "queue": _l("Put a message into the queue"),
    "send": _l("Sent a message"),
    "receive": _l("Received a message"),
    "process": _l("Read a message"),
    "receipt": _l("Got a receipt"),
    "open": _l("Could not open sealed data"),
    "token": _l("Got or asked for an access token"),
    "retry": _l("Sent a message again"),
    "review": _l("Reviewed a document"),
    "look-back": _l("Looked at this list"),
}

OUTCOMES = {"ok": _l("done"), "refused": _l("refused"), "failed": _l("failed")}

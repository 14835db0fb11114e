"""Structured log events: a closed list of event names, each with the fields it may carry.

One JSON line per event. Never bodies, names, identifiers, query strings or the text of an exception: its
class and its place in the code are enough to look, and carry no patient data.
"""

import logging
import traceback
from enum import Enum
from pathlib import Path

LOGGER = "puente"
LONGEST_TEXT = 200
_ROOT = Path(__file__).resolve().parents[1]

Field = str | int | float | bool | None


class BadLogCall(ValueError):
    """A log call carries a field its event does not list; tests fail on it."""


class Event(Enum):
    """What may be logged: (name, level, fields)."""

    NODE_STARTED = ("node-started", logging.INFO, "process node environment dialect broker")
    NOT_PROTECTED = ("not-protected", logging.WARNING, "node reason")
    REQUEST_DONE = ("request-done", logging.INFO, "method route status ms size caller request")
    REQUEST_FAILED = ("request-failed", logging.ERROR, "method route error where request")
    PAGE_FAILED = ("page-failed", logging.ERROR, "method route error where request")
    WAKE_LOST = ("wake-lost", logging.WARNING, "task error pause")
    TASK_DONE = ("task-done", logging.INFO, "task row state ms")
    TASK_FAILED = ("task-failed", logging.ERROR, "task row error where")
    TASK_REFUSED = ("task-refused", logging.WARNING, "task row error status")
    PARTNER_ANSWERED = ("partner-answered", logging.INFO, "partner message status error ms size")
    PARTNER_RESTS = ("partner-rests", logging.WARNING, "partner failures")
    ROWS_WOKEN = ("rows-woken", logging.INFO, "task rows")
    ROWS_WORKED = ("rows-worked", logging.INFO, "task rows")
    COMMAND_FAILED = ("command-failed", logging.ERROR, "command error where")

    @property
    def fields(self) -> frozenset[str]:
        """Return the names of the fields this event may carry."""
        return frozenset(str(self.value[2]).split())


def log(event: Event, **fields: Field) -> None:
    """Write one event; a field it does not list raises BadLogCall in tests and is withheld elsewhere.

    The switch is the standard library's own `logging.raiseExceptions`: a log call never stops a running node.
    """
    name, level, _ = event.value
    wrong = sorted(key for key, value in fields.items() if key not in event.fields or not _is_short(value))
    if wrong and logging.raiseExceptions:
        raise BadLogCall(f"The event {name} may not carry {', '.join(wrong)}, or it is too long.")
    kept = {key: value for key, value in fields.items() if key not in wrong}
    if wrong:
        kept["withheld"] = " ".join(wrong)[:LONGEST_TEXT]
    logging.getLogger(LOGGER).log(level, name, extra={"fields": kept})


def _is_short(value: Field) -> bool:
    return not isinstance(value, str) or (len(value) <= LONGEST_TEXT and value.isprintable())


def where(error: BaseException) -> str:
    """Return the innermost place of our code an exception passed, as `registry/api/errors.py:40 answer`."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if _is_ours(frame.filename)]
    if not ours:
        return ""
    frame = ours[-1]
    return f"{Path(frame.filename).relative_to(_ROOT)}:{frame.lineno} {frame.name}"[:LONGEST_TEXT]


def kind(error: BaseException) -> str:
    """Return the class of an exception, which is all of it that may be logged."""
    return f"{type(error).__module__}.{type(error).__qualname__}"[:LONGEST_TEXT]


def _is_ours(filename: str) -> bool:
    path = Path(filename)
    return path.is_relative_to(_ROOT) and not path.is_relative_to(_ROOT / ".venv")

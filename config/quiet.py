"""The one way log records leave a process: JSON lines on stderr, without what a library might leak.

Libraries log statement parameters, addresses with queries, and tracebacks; none of that passes here.
"""

import json
import logging
import logging.config
import re
import sys
from datetime import UTC, datetime

from config.logs import LOGGER, kind, where

LONGEST_MESSAGE = 160

_ADDRESS = re.compile(r"([a-z][a-z0-9+]*://)\S+", re.IGNORECASE)
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'|b'[^']*'")
_LONG_NUMBER = re.compile(r"[0-9]{5,}")
_STRUCTURE = re.compile(r"[\[{(].*", re.DOTALL)


class Quiet(logging.Filter):
    """Rewrite records of libraries: the template without its values, the class of the error, no traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Take out of the record everything that could hold data; let it pass."""
        if record.name != LOGGER:
            record.fields = _kept(record)
            record.msg = _safe_message(record)
        record.args = ()
        record.exc_info = None
        record.exc_text = None
        record.stack_info = None
        return True


class JsonLines(logging.Formatter):
    """Write a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"at": at.replace("+00:00", "Z"), "level": record.levelname.lower(), "event": str(record.msg)}
        if record.name != LOGGER:
            line["logger"] = record.name
        return json.dumps(line | getattr(record, "fields", {}), ensure_ascii=False)


def _kept(record: logging.LogRecord) -> dict[str, str]:
    error = record.exc_info[1] if record.exc_info else None
    return {"error": kind(error), "where": where(error)} if error else {}


def _safe_message(record: logging.LogRecord) -> str:
    """Return the template when it has values to leave out, else the text without addresses and quotes."""
    if not isinstance(record.msg, str):
        return f"<{type(record.msg).__name__}>"
    text = record.msg.split("\n", 1)[0]
    if not record.args:
        text = _STRUCTURE.sub("...", _QUOTED.sub("...", _ADDRESS.sub(r"\1...", text)))
        text = _LONG_NUMBER.sub("#", text)
    return text[:LONGEST_MESSAGE]


def settings(level: str = "INFO") -> dict[str, object]:
    """Return the logging configuration as `logging.config.dictConfig` takes it."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"quiet": {"()": Quiet}},
        "formatters": {"lines": {"()": JsonLines}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "stream": sys.stderr,
                "filters": ["quiet"],
                "formatter": "lines",
            }
        },
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            LOGGER: {"level": level},
            "_granian": {"handlers": [], "level": "WARNING", "propagate": True},
            "granian.access": {"handlers": [], "level": "CRITICAL", "propagate": False},
        },
    }


def set_up(level: str = "INFO") -> None:
    """Send all records of this process through the filter; each program calls it once, at its start."""
    logging.config.dictConfig(settings(level))
    logging.captureWarnings(True)
    logging.raiseExceptions = False

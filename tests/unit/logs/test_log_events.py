"""Logs carry listed fields only, and no library can print data through them."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from config.logs import BadLogCall, Event, log, where
from config.quiet import JsonLines, Quiet

MARK = "MARCA-7781234-Quispe"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Send every record of this process into a text, as a running node sends it to stderr."""
    output = io.StringIO()
    handler = logging.StreamHandler(output)
    handler.addFilter(Quiet())
    handler.setFormatter(JsonLines())
    root, ours = logging.getLogger(), logging.getLogger("puente")
    level = ours.level
    root.addHandler(handler)
    ours.setLevel(logging.INFO)
    yield output
    root.removeHandler(handler)
    ours.setLevel(level)


def only(lines: io.StringIO) -> dict[str, object]:
    text = lines.getvalue()
    assert text.count("\n") == 1
    found: dict[str, object] = json.loads(text)
    return found


def test_an_event_is_one_line_of_json(lines: io.StringIO) -> None:
    log(Event.TASK_DONE, task="exchange.deliver", row="r1", state="sent", ms=12.5)
    line = only(lines)
    assert line["event"] == "task-done"
    assert (line["row"], line["state"], line["ms"]) == ("r1", "sent", 12.5)
    assert str(line["at"]).endswith("Z")


def test_an_unlisted_field_raises_in_tests() -> None:
    with pytest.raises(BadLogCall):
        log(Event.TASK_DONE, patient="x")


@pytest.mark.parametrize("value", ["x" * 201, "two\nlines"])
def test_a_long_or_many_line_text_raises_in_tests(value: str) -> None:
    with pytest.raises(BadLogCall):
        log(Event.TASK_DONE, task=value)


def test_a_running_node_withholds_an_unlisted_field_and_says_so(
    lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)
    log(Event.TASK_DONE, task="t", patient=MARK)
    assert MARK not in lines.getvalue()
    assert only(lines)["withheld"] == "patient"


def test_every_event_has_its_own_name() -> None:
    names = [event.value[0] for event in Event]
    assert len(set(names)) == len(names) == len(Event)


def library_error() -> None:
    name = MARK
    raise ValueError(f"cannot read {name}")


LEAKS = {
    "sqlalchemy.engine": ("[parameters: %r]", (MARK,)),
    "httpx": ("HTTP Request: GET https://co.test/fhir?identifier=" + MARK, ()),
    "celery.worker": ("Task %(name)s raised: %(exc)s", ({"name": "t", "exc": MARK},)),
    "granian": (f'request failed for "{MARK}"', ()),
    "kombu": (f"body was {{'name': '{MARK}'}}", ()),
    "redis": (f"first line\n{MARK}", ()),
}


@pytest.mark.parametrize("name", sorted(LEAKS))
def test_a_library_cannot_log_values(lines: io.StringIO, name: str) -> None:
    message, values = LEAKS[name]
    logging.getLogger(name).error(message, *values)
    assert MARK not in lines.getvalue()
    assert only(lines)["logger"] == name


def test_a_library_cannot_log_a_traceback_or_the_text_of_an_error(lines: io.StringIO) -> None:
    try:
        library_error()
    except ValueError:
        logging.getLogger("celery.app.trace").exception("Task failed", stack_info=True)
    assert MARK not in lines.getvalue()
    line = only(lines)
    assert line["error"] == "builtins.ValueError"
    assert str(line["where"]).endswith("library_error")


def test_an_object_as_message_is_named_by_its_class_only(lines: io.StringIO) -> None:
    logging.getLogger("celery").error({"name": MARK})
    assert only(lines)["event"] == "<dict>"


def test_the_place_of_an_error_is_ours_and_holds_no_value() -> None:
    with pytest.raises(json.JSONDecodeError) as caught:
        json.loads(f'{{"{MARK}')
    assert MARK not in where(caught.value)
    assert where(caught.value).startswith("tests/unit/logs/test_log_events.py:")


def test_an_error_outside_our_code_has_no_place() -> None:
    assert where(ValueError()) == ""

"""Settings, metrics, log events, commands, codes and functions that the documents name exist."""

import ast
import inspect
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml

import config.settings
from config.logs import Event
from registry import errors
from registry.api.frame.measures import STATES, Measures
from registry.cli.main import DEFECT, INTERRUPTED, puente
from registry.usecases.node.health import Health
from tests.integration.docs.reading import PAGES, ROOT, Block, blocks, names, rows, text

OPERATE = Path("docs/operate.md")
ALERTS = ROOT / "docs/monitoring/alerts.yml"
SETTING = re.compile(r"\b(?:PUENTE_[A-Z_]+|DATABASE_URL|REDIS_URL)\b")
METRIC = re.compile(r"\bpuente_[a-z_]+\b")
# Read by the tests' launcher and the compose file only.
ELSEWHERE = {"PUENTE_TEST_SCALE", "PUENTE_TEST_WORKERS", "PUENTE_HOST"}
SUFFIXES = ("_bucket", "_count", "_sum", "_created")


def known_settings() -> set[str]:
    """Read the names in the code that reads them."""
    return set(SETTING.findall(inspect.getsource(config.settings))) | {"PUENTE_PASSWORD"}


def known_metrics() -> set[str]:
    measures = Measures()
    measures.note("GET", "/healthz", 200, 0.001)
    said = measures.text(
        Health(outbox={}, inbox={}, audit_waiting=0, beats={"worker": 1.0}, oldest={})
    ).decode()
    return set(re.findall(r"^# HELP (puente_[a-z_]+) ", said, re.MULTILINE)) - {
        "puente_request_seconds_created"
    }


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_setting_named_is_read_somewhere(page: Path) -> None:
    assert not set(SETTING.findall(text(page))) - known_settings() - ELSEWHERE


def test_every_setting_is_in_the_table_of_settings() -> None:
    assert {row[0].strip("`") for row in rows(OPERATE, "Settings")} == known_settings()


def test_the_table_of_metrics_is_what_a_node_measures() -> None:
    assert {row[0].strip("`") for row in rows(OPERATE, "Monitoring")} == known_metrics()


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_metric_named_is_measured(page: Path) -> None:
    named = {name for code in names(page) for name in METRIC.findall(code)}
    assert not named - known_metrics()


def test_alert_rules_stand_on_metrics_and_states_that_exist() -> None:
    rules = [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]
    assert len(rules) >= 8
    for rule in rules:
        assert {"alert", "expr", "labels", "annotations"} <= set(rule)
        found = set(METRIC.findall(rule["expr"]))
        assert {re.sub(f"({'|'.join(SUFFIXES)})$", "", name) for name in found} <= known_metrics(), rule[
            "alert"
        ]
        box = re.search(r'box="(\w+)"', rule["expr"])
        state = re.search(r'state="(\w+)"', rule["expr"])
        assert not (box and state) or state[1] in STATES[box[1]], rule["alert"]


def events_table() -> str:
    """Return the table of log events as docs/operate.md must hold it."""
    lines = ["| event | level | fields |", "|---|---|---|"]
    for event in Event:
        name, level, fields = event.value
        listed = " ".join(f"`{field}`" for field in fields.split())
        lines.append(f"| `{name}` | {logging.getLevelName(level).lower()} | {listed} |")
    return "\n".join(lines)


def test_the_table_of_log_events_is_made_from_the_code() -> None:
    written = text(OPERATE).split("<!-- events -->\n")[1].split("\n<!-- /events -->")[0]
    assert written == events_table(), f"put this into docs/operate.md:\n{events_table()}"


def test_the_exit_codes_are_those_of_the_refusals() -> None:
    listed = {int(row[0]) for row in rows(OPERATE, "Exit codes")}
    kinds = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.Refusal)
    ]
    assert listed == {0, DEFECT, INTERRUPTED, *(kind.exit_code for kind in kinds)}


COMMAND = re.compile(r"(?:^|\s)(?:puente|co|-m registry) ((?:[a-z]|--)[^#|<>&;)]*)")


def command_lines() -> Iterator[tuple[Block, list[str]]]:
    """Yield every `puente ...` line printed in a shell block, split into words."""
    for block in (block for page in PAGES for block in blocks(page) if block.language == "sh"):
        for line in block.text.replace("\\\n", " ").splitlines():
            yield from ((block, match[1].split()) for match in COMMAND.finditer(line))


@pytest.mark.parametrize(
    "line", list(command_lines()), ids=lambda line: f"{line[0].page}:{' '.join(line[1][:3])}"
)
def test_every_command_printed_exists_with_its_options(line: tuple[Block, list[str]]) -> None:
    block, said = line
    command: click.Command = puente
    context = click.Context(puente)
    rest = list(said)
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        following = command.get_command(context, rest[0])
        assert following is not None, f"{block.page}:{block.line} {' '.join(said)}"
        command, rest = following, rest[1:]
    options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    given = {word.partition("=")[0] for word in rest if word.startswith("--")}
    assert given <= options | {"--help", "--version"}, f"{block.page}:{block.line}"


def test_every_run_command_printed_exists() -> None:
    offered = (ROOT / "run").read_text().split("COMMANDS: ")[1].split("}")[0]
    known = set(re.findall(r'"(\w+)": ', offered))
    said = {name for page in PAGES for name in re.findall(r"\./run (\w+)", text(page))}
    assert said
    assert said <= known


def defined(path: Path) -> set[str]:
    """Return functions and classes of a module, methods as `Class.method`."""
    found: set[str] = set()
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{part.name}" for part in node.body if isinstance(part, ast.FunctionDef)}
        if isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return found


PLACE = re.compile(r"((?:config|fhir|registry|workers|tests)/[\w/.]+\.(?:py|toml|json|yml))(?::([\w.]+))?")


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_file_and_function_named_exists(page: Path) -> None:
    wrong = []
    for code in names(page):
        for path, name in PLACE.findall(code):
            if "<" in code or "*" in code:
                continue
            if not (ROOT / path).is_file() or (name and name not in defined(ROOT / path)):
                wrong.append(f"{path}:{name}")
    assert not wrong

"""Run the demo: nodes, people, story; then stay up until Ctrl-C or SIGTERM, and leave nothing running."""

import signal
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any

import click
import pyotp

from registry.demo import people
from registry.demo.door import put_all
from registry.demo.hands import Hands, Later
from registry.demo.pages import PageFailed, Person, secret_of
from registry.demo.prepare import DemoNode, clear, prepare
from registry.demo.processes import (
    NotStarted,
    Processes,
    free_ports,
    start_broker,
    start_web,
    start_workers,
    wait_for_nodes,
)
from registry.demo.report import Report
from registry.demo.story import Story
from registry.synth import story as synth_story

SIGN_IN = "sign-in.json"
LOADING_SECONDS = 3600.0


@dataclass(frozen=True)
class Wanted:
    """What was asked for: which nodes, how many people, whether to end after the story, documents to put
    in.
    """

    nodes: tuple[str, ...] = ("pe", "co")
    people: int = 200
    once: bool = False
    inputs: Path | None = None
    folder: Path = Path("var/demo")


def run(wanted: Wanted) -> int:
    """Run the demo; return 0 when every step went well."""
    folder = wanted.folder.resolve()
    clear(folder)
    report = Report(folder / "report.json", say)
    processes = Processes(folder)
    signal.signal(signal.SIGTERM, _stop)
    try:
        _everything(wanted, folder, report, processes)
        if not wanted.once:
            _stay(report)
    except (PageFailed, NotStarted, RuntimeError, subprocess.SubprocessError) as error:
        click.echo(f"The demo stopped: {error}", err=True)
    except KeyboardInterrupt:
        say("Stopping.")
    finally:
        processes.stop()
        report.write()
    return 0 if report.ok else 1


def say(line: str) -> None:
    """Print one line at once."""
    click.echo(line)


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _everything(wanted: Wanted, folder: Path, report: Report, processes: Processes) -> None:
    with report.step(
        "Two nodes with keys, databases and trust in each other" if len(wanted.nodes) == 2 else "Nodes"
    ):
        broker = start_broker(processes, folder)
        nodes = prepare(list(wanted.nodes), free_ports(len(wanted.nodes)), folder, broker)
    with report.step(f"{wanted.people} synthetic people at each node; web, workers and beat start") as step:
        # Forked while nothing is open here; the pages start meanwhile.
        hands = [processes.hands(node) for node in nodes]
        loading = [_load(hand, node, wanted) for hand, node in zip(hands, nodes, strict=True)]
        for node in nodes:
            start_web(processes, node)
        for loaded in loading:
            loaded.wait()
        for node in nodes:
            start_workers(processes, node)
        wait_for_nodes(processes, nodes)
        step.detail = ", ".join(node.sign_in_url for node in nodes)
    accounts = {node.code: people.read_set_up(folder / node.code / SIGN_IN) for node in nodes}
    _note(report, nodes, accounts)
    lima, cucuta = (_enter(report, node, accounts[node.code][0][0]) for node in nodes[:2])
    try:
        _story(folder, report, nodes, (hands[0], hands[1]), accounts[nodes[1].code][1]).run(lima, cucuta)
        if wanted.inputs is not None:
            put_all(report, nodes[0], folder, wanted.inputs, lima)
        report.told = True
    finally:
        lima.close()
        cucuta.close()


def _load(hand: Hands, node: DemoNode, wanted: Wanted) -> Later[None]:
    result = node.settings.var_dir / SIGN_IN
    is_origin = node.code == wanted.nodes[1]
    return hand.ask(people.set_up, wanted.people, is_origin, result, seconds=LOADING_SECONDS)


def _note(
    report: Report, nodes: list[DemoNode], accounts: dict[str, tuple[list[people.Account], str]]
) -> None:
    """Put addresses and sign-ins into the report."""
    for node in nodes:
        for account in accounts[node.code][0]:
            sign_in = {"user": account.name, "password": account.password, "totp_uri": account.totp_uri}
            where = {"code": node.code, "url": node.sign_in_url, "role": account.role}
            report.nodes.append({**where, "sign_in": sign_in})


def _enter(report: Report, node: DemoNode, account: people.Account) -> Person:
    person = Person(node.settings.base_url, f"{node.code}.localhost:{node.settings.bind_port}")
    with report.step(f"{account.display} signs in at {node.settings.node.name}"):
        person.sign_in(account.name, account.password, account.totp_uri)
    return person


def _story(
    folder: Path, report: Report, nodes: list[DemoNode], hands: tuple[Hands, Hands], known_as: str
) -> Story:
    today = datetime.now(nodes[0].settings.node.time_zone).date()
    return Story(
        lima=nodes[0],
        cucuta=nodes[1],
        hands=hands,
        patient=synth_story.arriving(today),
        known_as=known_as,
        report=report,
        folder=folder,
    )


def _stay(report: Report) -> None:
    """Print addresses and sign-ins; Enter prints fresh one-time codes for those without a code generator."""
    say("\nThe nodes stay up. Open them in a browser; Ctrl-C stops everything.\n")
    for node in report.nodes:
        sign_in = node["sign_in"]
        say(f"  {node['url']}  {node['role']}: {sign_in['user']}  password: {sign_in['password']}")
        say(f"      code generator: {sign_in['totp_uri']}")
    while sys.stdin.isatty():
        codes = ", ".join(f"{node['sign_in']['user']}@{node['code']} {_code(node)}" for node in report.nodes)
        say(f"\n  One-time codes now: {codes}\n  Press Enter for the next ones.")
        if not sys.stdin.readline():
            break
    signal.pause()


def _code(node: dict[str, Any]) -> str:
    return pyotp.TOTP(secret_of(node["sign_in"]["totp_uri"])).now()

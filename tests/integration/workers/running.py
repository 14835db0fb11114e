"""Nodes running for real: web, worker and beat as processes that a test may kill."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import get_args

import httpx
from sqlalchemy import update

from config import Settings
from registry.demo.prepare import DemoNode
from registry.domain.model import Caller, InboxState, OutboxItem
from registry.ports import Services
from registry.services import build
from registry.store import tables
from registry.store.engine import make_engine
from registry.usecases.care.people.register import NewPerson, register
from registry.usecases.exchange import corridor
from registry.usecases.exchange.sending import send_summary
from registry.waker import CeleryWaker
from tests.servers.process import spawn

ROOT = Path(__file__).resolve().parents[3]
CLINICIAN = Caller("user:test", "clinician", "pe")
PATIENCE_SECONDS = 60.0
SWEEP_SECONDS = 0.5
STATES: tuple[InboxState, ...] = get_args(InboxState)


@dataclass
class RunningNode:
    """One node with its processes; `services` look into its database from the test."""

    node: DemoNode
    logs: Path
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _services: Services | None = None

    @cached_property
    def _waker(self) -> CeleryWaker:
        return CeleryWaker(self.settings.broker_url)

    @property
    def settings(self) -> Settings:
        """Return the node's settings."""
        return self.node.settings

    @property
    def services(self) -> Services:
        """Return services of the test's own process."""
        if self._services is None:
            self._services = build(self.settings)
        return self._services

    def start(self, *names: str) -> None:
        """Start serve, worker or beat; wait until the web answers."""
        for name in names:
            kept = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
            environ = {**kept, **self.node.environ, "PYTHONPATH": str(ROOT)}
            command = [sys.executable, "-m", "registry", name]
            if name == "worker":
                command += ["--concurrency", "2"]
            log = self.logs / f"{name}-{self.node.code}.log"
            self.processes[name] = spawn(command, log, environ=environ)
        if "serve" in names:
            wait_until(self.answers, f"web of {self.node.code}")

    def answers(self) -> bool:
        """Tell whether the web process answers."""
        try:
            return httpx.get(f"{self.settings.base_url}/healthz", trust_env=False, timeout=2).is_success
        except httpx.HTTPError:
            return False

    def kill(self, name: str) -> None:
        """End a process and its children at once, as a crash of the machine does."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def freeze(self, name: str) -> None:
        """Stop a process and its children without ending them: it hears and says nothing."""
        os.killpg(self.processes[name].pid, signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        """Let it go on."""
        os.killpg(self.processes[name].pid, signal.SIGCONT)

    def stop(self) -> None:
        """End everything at once: the test is over and nobody waits for a warm shutdown."""
        for name in list(self.processes):
            self.kill(name)

    def queue_summary(self, partner: str) -> OutboxItem:
        """Register somebody, record the consent and queue the summary."""
        number = str(uuid.uuid4().int % 10**8)
        new = NewPerson("Rosa", "Quispe", "1990-05-17", "female", (("passport", f"AB{number}"),))
        person = register(self.services, CLINICIAN, new).person_id
        corridor.record_consent(self.services, CLINICIAN, person, corridor.NewConsent(partner))
        return send_summary.queue_summary(self.services, CLINICIAN, person, partner)

    def sweep(self) -> None:
        """Ask for what beat asks for every 15 seconds."""
        for task in ("exchange.sweep_outbox", "exchange.sweep_inbox", "audit.chain"):
            self._waker.wake(task, "")
        self._waker.flush(2)

    def state(self, item: OutboxItem) -> str:
        """Return the state of something queued."""
        with self.services.unit() as unit:
            found = unit.outbox.get(item.id)
        return found.state if found else "missing"

    def received(self, msg_id: str) -> int:
        """Count how often a message is in the inbox."""
        with self.services.unit() as unit:
            return sum(item.msg_id == msg_id for item in unit.inbox.listed(STATES, 1000))

    def let_leases_run_out(self) -> None:
        """Do what 90 seconds do."""
        engine = make_engine(self.settings.database_url)
        with engine.begin() as connection:
            past = tables.outbox.c.created
            connection.execute(
                update(tables.outbox).where(tables.outbox.c.state == "leased").values(lease_until=past)
            )
        engine.dispose()


def wait_until(happened: Callable[[], bool], what: str, *sweeping: RunningNode) -> None:
    """Wait for something that must happen, while sweeping nodes as beat would; fail naming it."""
    until = time.monotonic() + PATIENCE_SECONDS
    swept = 0.0
    while not happened():
        assert time.monotonic() < until, f"did not happen within {PATIENCE_SECONDS} s: {what}"
        if time.monotonic() - swept > SWEEP_SECONDS:
            swept = time.monotonic()
            for node in sweeping:
                node.sweep()
        time.sleep(0.05)

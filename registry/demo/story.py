"""The story: a woman treated in Cúcuta arrives in Lima with nine days of tablets.

Everything is done as people do it: over HTTP, on the pages of real nodes, with real workers between them.
"""

import re
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from registry.demo import acts
from registry.demo.hands import Hands
from registry.demo.pages import PageFailed, Person
from registry.demo.prepare import DemoNode
from registry.demo.report import Report
from registry.usecases.exchange import receipts

WAIT_SECONDS = 30.0
POLL_SECONDS = 0.1
NINE_DAYS = 9
DISPENSED_DAYS = 90


@dataclass
class Story:
    """Two nodes, who works there, and the person the story is about."""

    lima: DemoNode
    cucuta: DemoNode
    hands: tuple[Hands, Hands]
    patient: Any
    known_as: str
    report: Report
    folder: Path
    person_id: str = ""

    def run(self, lima: Person, cucuta: Person) -> None:
        """Tell the story from arrival to publication; raise PageFailed where it stops."""
        self._arrive(lima)
        self._ask(lima)
        self._disclose(cucuta)
        self._see(lima)
        self._dispense(lima)
        self._close(cucuta)
        self._agree()
        self._publish()
        self._verify()

    def _arrive(self, lima: Person) -> None:
        with self.report.step("Lima registers her: passport, Venezuelan cédula, Colombian PPT") as step:
            born = self.patient.birth_date.split("-")
            values = {"given": self.patient.given, "family": self.patient.family, "sex": self.patient.sex}
            values |= {"born-year": born[0], "born-month": born[1], "born-day": born[2], "country": "VE"}
            for number, (kind, value) in enumerate(self.patient.identifiers, 1):
                values |= {f"kind-{number}": kind, f"number-{number}": value}
            where = lima.submit("/people/new", "/people/new", **values)
            self.person_id = where.rsplit("/", 1)[1]
            step.detail = "no medicine history here yet"

    def _ask(self, lima: Person) -> None:
        page = f"/people/{self.person_id}"
        with self.report.step("She consents to the corridor Peru - Colombia"):
            lima.submit(
                f"{page}/consents?partner={self.cucuta.code}&in=es",
                f"{page}/consents",
                partner=self.cucuta.code,
                classes=["identity", "clinical"],
                days="180",
                agreed="yes",
            )
        with self.report.step("Lima asks Colombia: request, consent and transfer, sealed"):
            lima.submit(f"{page}/ask", f"{page}/ask", partner=self.cucuta.code)

    def _disclose(self, cucuta: Person) -> None:
        with self.report.step("Colombia matches, checks the consent and discloses") as step:
            self._until(cucuta, f"/people/{self.known_as}", 'data-transfer="accepted"')
            step.detail = "one exact match; transfer accepted"

    def _see(self, lima: Person) -> None:
        with self.report.step("The sealed summary and the accepted transfer arrive in Lima") as step:
            page = f"/people/{self.person_id}"
            self._until(lima, page, 'data-transfer="accepted"')
            text = self._until(lima, page, f'data-days="{NINE_DAYS}"')
            flags = text.count('class="c-flag ')
            step.detail = (
                f"chart shows {_regimen(text)}, {NINE_DAYS} days left, {flags} flags with their source"
            )

    def _dispense(self, lima: Person) -> None:
        page = f"/people/{self.person_id}"
        with self.report.step(f"Lima hands over {DISPENSED_DAYS} tablets") as step:
            lima.submit(
                f"{page}/dispense",
                f"{page}/dispense",
                product="TDF/3TC/DTG",
                quantity=str(DISPENSED_DAYS),
                days=str(DISPENSED_DAYS),
                pickup=(self.patient.today + timedelta(days=DISPENSED_DAYS)).isoformat(),
            )
            self._until(lima, page, f'data-days="{NINE_DAYS + DISPENSED_DAYS}"')
            step.detail = f"{NINE_DAYS + DISPENSED_DAYS} days of medicine in hand"

    def _close(self, cucuta: Person) -> None:
        with self.report.step("Colombia receives the first dispense: transfer closed") as step:
            self._until(cucuta, f"/people/{self.known_as}", 'data-transfer="closed"')
            step.detail = "closed by first dispense"

    def _until(self, person: Person, path: str, mark: str) -> str:
        """Look at a page again and again until it shows what is awaited."""
        until = time.monotonic() + WAIT_SECONDS
        while True:
            text = person.open(path)
            if mark in text:
                return text
            if time.monotonic() > until:
                raise PageFailed(f"after {WAIT_SECONDS:.0f} s the page does not show {mark}")
            time.sleep(POLL_SECONDS)

    def _verify(self) -> None:
        with self.report.step("The audit trails of both nodes verify") as step:
            asked = [(hand.code, hand.ask(acts.chained, WAIT_SECONDS)) for hand in self.hands]
            found = [(code, *answer.wait()) for code, answer in asked]
            if wrong := [f"{code}: {why}" for code, _, why in found if why]:
                raise PageFailed("; ".join(wrong))
            step.detail = ", ".join(f"{code}: {events} events" for code, events, _ in found)

    def _agree(self) -> None:
        with self.report.step("Both sides' receipts agree") as step:
            until = time.monotonic() + WAIT_SECONDS
            while True:
                asked = [hand.ask(acts.listed) for hand in self.hands]
                ours, theirs = (answer.wait() for answer in asked)
                found = receipts.disagreements(ours, theirs, self.lima.code, self.cucuta.code)
                if not found and ours:
                    break
                if time.monotonic() > until:
                    raise PageFailed(f"{len(found)} receipts differ")
                time.sleep(POLL_SECONDS)
            step.detail = f"{len(ours)} receipts in Lima, {len(theirs)} in Cúcuta"

    def _publish(self) -> None:
        quarter = f"{self.patient.today.year}Q{(self.patient.today.month - 1) // 3 + 1}"
        out = self.folder / "published"
        with self.report.step("Both nodes publish their observatory file") as step:
            for answer in [hand.ask(acts.published, quarter, out) for hand in self.hands]:
                answer.wait()
            step.detail = ", ".join(sorted(path.name for path in out.iterdir()))


def _regimen(page: str) -> str:
    found = re.search(r"data-regimen>([^<]+)<", page)
    return found[1].strip() if found else "no regimen"

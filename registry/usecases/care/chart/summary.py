"""The care summary of a person for this node's own people and systems, and for partners the person agreed to
($summary, printing); built once, kept sealed under the person's key, and built anew when anything changes.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from fhir import summary as summary_fhir
from fhir import wire
from registry.domain.access import rules
from registry.domain.model import AuditEntry, Caller, ConsentRow
from registry.errors import Gone, NotFound, Unreadable
from registry.ports import Services, Unit
from registry.ports.charts import KeptSummary
from registry.usecases.access import reach
from registry.usecases.care.chart import elsewhere
from registry.usecases.care.chart.gather import Gathered, gather
from registry.usecases.care.record import sealing
from registry.usecases.exchange.sending import build, queue

# A token must cover every type whose content the document carries.
CARRIED = ("Patient", *sorted(elsewhere.PASSED_ON))
OWN = "own"
# A summary is made by these rules: with any of them changed, none that was kept counts any more.
_RULES = (Path(wire.__file__).parent, Path(elsewhere.__file__).parent, Path(build.__file__).parent)
_KINDS = frozenset({".json", ".py", ".toml"})


@dataclass(frozen=True)
class Wanted:
    """Whose summary for whom in which language, the consent that lets it out (None: it stays at home), a
    digest of all it is made from, and the day it speaks of.
    """

    person_id: str
    language: str
    consent: ConsentRow | None
    made_from: str
    day: date

    @property
    def variant(self) -> str:
        """Return the recipient and language, of which one summary each is kept."""
        return f"{self.consent.partner if self.consent else OWN}|{self.language}"

    @property
    def place(self) -> tuple[str, str, str, int]:
        """Return the envelope's place: a kept summary opens as what it was kept as, and as nothing else."""
        return ("kept_summary", f"{self.person_id}|{self.variant}|{self.made_from}", "body", 1)


def summary(services: Services, caller: Caller, person_id: str, language: str = "es") -> bytes:
    """Return an IPS document of what this node knows of a person, for a partner of what the person agreed to.

    Raise NotFound for nobody within reach, Gone for a deleted Patient.
    """
    rules.check_can(caller, "read")
    for resource_type in CARRIED:
        rules.check_scope(caller, resource_type, "r")
    with services.unit() as unit:
        wanted = _wanted(services, unit, caller, person_id, language)
        body = _kept(services, unit, wanted)
        gathered = None if body else gather(services, unit, person_id)
        unit.audit.add(AuditEntry(caller, "summary", owner_id=person_id, object_ref=f"Patient/{person_id}"))
        if gathered is not None and not gathered.own:
            raise Gone("This resource has been deleted.")
        unit.commit()
    if body is None and gathered is not None:
        # Made when the look is noted: this takes longer than writers on SQLite should wait for a reader.
        body = _built(services, wanted, gathered)
        _keep(services, wanted, body)
    return body or b""


def _wanted(services: Services, unit: Unit, caller: Caller, person_id: str, language: str) -> Wanted:
    consent = None
    if reach.is_confined(services, caller):
        consent = queue.valid_consent(services, unit, person_id, caller.organization, caller.purpose)
        if consent is None:
            raise NotFound(reach.ABSENT)
    terms = [consent.id, consent.version, *consent.data_classes, consent.purpose] if consent else []
    # Read before the record itself: what is written in between makes the digest too old, never too new.
    state, today = unit.charts.state(person_id), services.today()
    made_from = json.dumps([state, today.isoformat(), terms, _node(services), rules_digest()])
    return Wanted(person_id, language, consent, hashlib.sha256(made_from.encode()).hexdigest(), today)


def _node(services: Services) -> list[object]:
    """Return what a summary takes from the node file."""
    node = services.node
    partners = [[each.id, each.name, each.kind] for each in node.partners]
    phones = [facility.phone for facility in node.facilities[:1]]
    return [node.code, node.name, node.country, phones, repr(node.thresholds), partners]


@cache
def rules_digest() -> str:
    """Return a digest of the programs and tables by which summaries are made."""
    found = hashlib.sha256()
    for path in sorted(path for folder in _RULES for path in folder.rglob("*") if path.suffix in _KINDS):
        found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()


def _kept(services: Services, unit: Unit, wanted: Wanted) -> bytes | None:
    kept = unit.charts.summary(wanted.person_id, wanted.variant)
    if kept is None or kept.made_from != wanted.made_from:
        return None
    try:
        return services.vault.open(wanted.person_id, wanted.place, kept.body)
    except Unreadable:
        return None


def _built(services: Services, wanted: Wanted, gathered: Gathered) -> bytes:
    seed = services.ids.new()
    if wanted.consent is not None:
        return build.summary(services, gathered, wanted.consent, seed, wanted.language)
    facts = [*gathered.own, *elsewhere.facts(services, gathered)]
    return summary_fhir.build(build.summary_input(services, gathered, facts, seed, wanted.language))


def _keep(services: Services, wanted: Wanted, body: bytes) -> None:
    with services.unit() as unit:
        # A person erased meanwhile has no key, and must not get a new one for this.
        sealing.open_resource(services, unit.records.current("Patient", wanted.person_id))
        sealed = services.vault.seal(wanted.person_id, wanted.place, body)
        kept = KeptSummary(wanted.person_id, wanted.variant, wanted.made_from, sealed, wanted.day)
        unit.charts.keep_summary(kept)
        unit.commit()

"""Examine everything a node needs, and say what to do about what is missing."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from registry.errors import Refusal
from registry.ports import Services, Unit

BEAT_LIMIT = timedelta(seconds=120)
SKEW_LIMIT = timedelta(seconds=30)
DISK_LIMIT = 0.10
WORKER = "worker"


@dataclass(frozen=True)
class Check:
    """One line of the table: `ok` is None when it could not be looked at; `advice` says what to do."""

    name: str
    ok: bool | None
    detail: str
    advice: str = ""


def examine(services: Services, outside: tuple[Check, ...] = ()) -> list[Check]:
    """Return every check; `outside` are those of the caller (keys, migrations, broker)."""
    looks: tuple[tuple[str, Callable[[Services, Unit], Check]], ...] = (
        ("database", _database),
        ("clock", _clock),
        ("beat", _beats),
        ("outbox", _outbox),
        ("audit", _audit),
    )
    found = [*outside]
    for name, look in looks:
        try:
            with services.unit() as unit:
                found.append(look(services, unit))
        except Refusal as refusal:
            found.append(Check(name, False, refusal.sentence, "Check DATABASE_URL and run puente migrate."))
    return [*found, *_trust(services), _disk(services)]


def _database(services: Services, unit: Unit) -> Check:
    return Check("database", True, f"{unit.people.count()} people, {unit.users.count()} users")


def _clock(services: Services, unit: Unit) -> Check:
    skew = abs(unit.now() - services.clock.now())
    detail = f"{skew.total_seconds():.1f} s between database and this machine"
    return Check(
        "clock", skew <= SKEW_LIMIT, detail, "" if skew <= SKEW_LIMIT else "Set up time synchronisation."
    )


def _beats(services: Services, unit: Unit) -> Check:
    seen = unit.beats().get(WORKER)
    if seen is None:
        return Check("beat", False, "no worker has been seen", "Start puente worker and puente beat.")
    age = unit.now() - seen
    ok = age <= BEAT_LIMIT
    advice = "" if ok else "Restart puente worker and puente beat, and check the broker."
    return Check("beat", ok, f"last heartbeat {age.total_seconds():.0f} s ago", advice)


def _outbox(services: Services, unit: Unit) -> Check:
    counts = unit.outbox.counts()
    parked = counts.get("parked", 0)
    detail = ", ".join(f"{number} {state}" for state, number in sorted(counts.items())) or "empty"
    advice = "" if not parked else "Look at the parked messages on the deliveries page and send them again."
    return Check("outbox", not parked, detail, advice)


def _audit(services: Services, unit: Unit) -> Check:
    waiting, size = unit.audit.waiting(), unit.audit.size()
    ok = waiting < 1000
    return Check("audit", ok, f"{size} chained, {waiting} waiting", "" if ok else "Start puente worker.")


def _trust(services: Services) -> list[Check]:
    found: list[Check] = []
    for policy in services.node.partners:
        if policy.kind == "carry":
            continue
        try:
            problem = services.crypto.partner_problem(policy.id)
        except Refusal as refusal:
            return [Check("trust list", False, refusal.sentence, "Run puente partner add, sign and check.")]
        advice = "Run puente partner add and let two officers sign." if problem else ""
        found.append(
            Check(f"partner {policy.id}", None if problem else True, problem or "keys in force", advice)
        )
    return found


def _disk(services: Services) -> Check:
    try:
        usage = shutil.disk_usage(services.settings.var_dir)
    except OSError:
        return Check("disk", False, "the folder of PUENTE_VAR is not there", "Make it, with mode 700.")
    free = usage.free / usage.total
    detail = f"{free:.0%} free"
    return Check("disk", free >= DISK_LIMIT, detail, "" if free >= DISK_LIMIT else "Free some space soon.")

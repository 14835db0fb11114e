"""When beat asks for what; an entry expires before the next one, so that nothing piles up unworked."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Repeat:
    """One entry: the task and how often it is asked for, in seconds."""

    task: str
    seconds: float


REPEATS = (
    Repeat("audit.chain", 1),
    Repeat("exchange.sweep_outbox", 15),
    Repeat("exchange.sweep_inbox", 15),
    Repeat("exchange.sweep_subscriptions", 15),
    Repeat("long.sweep_jobs", 15),
    Repeat("exchange.heartbeat", 30),
    Repeat("audit.checkpoint", 60),
    # Nightly work asks often and does little: a node that was off at midnight catches up when it is back.
    Repeat("long.care_state", 300),
    Repeat("long.overdue", 900),
    Repeat("long.unanswered", 900),
    Repeat("long.purge", 3600),
    Repeat("long.remove_files", 300),
    Repeat("long.finish_erasures", 900),
)


def table() -> dict[str, dict[str, object]]:
    """Return the beat table as Celery takes it; no task needs an argument."""
    return {
        repeat.task: {
            "task": repeat.task,
            "schedule": repeat.seconds,
            "args": [""],
            "options": {"expires": repeat.seconds},
        }
        for repeat in REPEATS
    }

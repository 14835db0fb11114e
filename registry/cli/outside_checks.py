"""The doctor's checks that need an adapter by name: keys, migrations, broker."""

from config import Settings
from registry.errors import Refusal
from registry.usecases.node.doctor import Check


def outside(settings: Settings) -> list[Check]:
    """Return the checks, in the order in which a new operator meets them."""
    return [_keys(settings), _migrations(settings), _broker(settings)]


def _keys(settings: Settings) -> Check:
    from registry.crypto.sealing.key_files import KeyFilesUnsafe
    from registry.crypto.wrapping.providers import check_keys

    try:
        check_keys(settings.key_dir, settings.kek)
    except KeyFilesUnsafe as error:
        return Check("keys", False, str(error), "Run puente keys init on a new node, else restore them.")
    return Check("keys", True, str(settings.key_dir))


def _migrations(settings: Settings) -> Check:
    from registry.store.engine import make_engine, make_key_engine
    from registry.store.migrate import is_current

    try:
        current = is_current(make_engine(settings.database_url), make_key_engine(settings.key_database))
    except Refusal as refusal:
        return Check("migrations", False, refusal.sentence, "Start the database and check DATABASE_URL.")
    if current:
        return Check("migrations", True, "current")
    return Check("migrations", False, "a migration is missing", "Run puente migrate.")


def _broker(settings: Settings) -> Check:
    from registry.waker import broker_answers

    if not settings.broker_url:
        return Check("broker", None, "none: only sweeps do the work", "Set REDIS_URL.")
    if broker_answers(settings.broker_url):
        return Check("broker", True, "answers")
    return Check("broker", False, "does not answer", "Start Redis or Valkey and check REDIS_URL.")

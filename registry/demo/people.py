"""Who works at the demo nodes, and who is treated there: accounts with a printed password, synthetic
patients.
"""

import json
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

from registry import synth
from registry.demo.files import write_secret
from registry.domain.model import Caller
from registry.ports import Services
from registry.synth import story
from registry.usecases.access import users
from registry.usecases.care.record import transact

SEED = 7
PEOPLE_AT_ONCE = 10
NAMES = {
    "pe": ("rosa", "Rosa Huamán"),
    "co": ("camilo", "Camilo Vargas"),
    "ec": ("lucia", "Lucía Andrade"),
    "cl": ("matias", "Matías Rojas"),
}


@dataclass(frozen=True)
class Account:
    """Somebody who can sign in at a demo node; the password is made anew for every demo."""

    name: str
    display: str
    password: str
    totp_uri: str
    role: str = "clinician"


def staff(services: Services) -> list[Account]:
    """Make the first administrator and a clinician, as an operator would."""
    node = services.node
    password = secrets.token_urlsafe(12)
    first = users.bootstrap(services, "admin", password)
    admin = Account("admin", "Administrator", password, first.totp_uri, "administrator")
    name, display = NAMES.get(node.code, ("ana", "Ana Pérez"))
    password = secrets.token_urlsafe(12)
    caller = Caller(f"user:{first.user.id}", "administrator", node.code)
    new = users.NewUser(name, display, "clinician", password, node.facilities[0].id)
    added = users.add_user(services, caller, new)
    return [Account(name, display, password, added.totp_uri), admin]


def load(services: Services, number: int, origin: bool) -> dict[str, str]:
    """Load synthetic people (and, at the origin of the story, its person); return what the story must
    know.
    """
    caller = Caller("system", "system", services.node.code)
    today = services.today()
    known = ""
    if origin:
        answer = transact.transact(services, caller, synth.bundle(story.held(today, services.node)))
        known = str(answer["entry"][0]["response"]["location"]).split("/")[1]
    for bundle in _bundles(services, number) if number else ():
        transact.transact(services, caller, bundle)
    return {"known_as": known}


def _bundles(services: Services, number: int) -> Iterator[dict[str, object]]:
    """Put several people into one transaction: fewer commits, same result."""
    everybody = synth.people(number, SEED, services.today(), services.node)
    while entries := [
        entry for person in islice(everybody, PEOPLE_AT_ONCE) for entry in synth.bundle(person)["entry"]
    ]:
        yield {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def set_up(services: Services, number: int, origin: bool, result: Path) -> None:
    """Make accounts, load people, and write what the demo needs to know of this node."""
    accounts = staff(services)
    known = load(services, number, origin)
    write_secret(result, json.dumps({**known, "accounts": [asdict(one) for one in accounts]}).encode())


def read_set_up(result: Path) -> tuple[list[Account], str]:
    """Return the accounts and the id of the story's person at a node."""
    found = json.loads(result.read_bytes())
    return [Account(**one) for one in found["accounts"]], found["known_as"]

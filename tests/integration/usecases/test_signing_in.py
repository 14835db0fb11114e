"""Sign-in with password and code, lock-out, sessions that end, and who may sign in at all."""

import hashlib
import threading
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pyotp
import pytest

from registry.domain.model import Caller, User
from registry.errors import BadInput, Conflict, NotAllowed, NotFound, NotSignedIn
from registry.usecases.access import sign_in, users
from tests.walks.nodes import Pair, WalkNode, new_number

PASSWORD = "correct horse battery"


@dataclass
class Account:
    """Somebody who may sign in, with the phone that makes the codes."""

    pair: Pair
    user: User
    totp: pyotp.TOTP

    @property
    def node(self) -> WalkNode:
        return self.pair.pe

    def code(self, steps: int = 0) -> str:
        now = self.node.services.clock.now() + timedelta(seconds=30 * steps)
        return self.totp.at(now)

    def enter(self, **changes: str) -> sign_in.SignedIn:
        given = {"name": self.user.name, "password": PASSWORD, "code": self.code()} | changes
        return sign_in.sign_in(self.node.services, given["name"], given["password"], given["code"])

    def later(self, **how_long: float) -> None:
        """Let time pass for codes; the database's clock does not move."""
        self.pair.clock.by += timedelta(**how_long)


def new_user(**changes: Any) -> users.NewUser:
    values: dict[str, Any] = {
        "name": f"ana-{new_number()}",
        "display": "Ana Torres",
        "role": "clinician",
        "password": PASSWORD,
        "facility": "tumbes",
    }
    return users.NewUser(**values | changes)


@pytest.fixture
def account(pair: Pair) -> Account:
    added = users.add_user(pair.pe.services, pair.pe.caller("administrator"), new_user())
    return Account(pair, added.user, pyotp.TOTP(pyotp.parse_uri(added.totp_uri).secret))


def test_a_name_a_password_and_a_code_start_a_session(account: Account) -> None:
    done = account.enter(name=f"  {account.user.name.upper()} ")
    now = sign_in.current(account.node.services, done.cookie)
    assert now.user.id == account.user.id
    assert now.caller == Caller(f"user:{account.user.id}", "clinician", "pe", "tumbes", "Tumbes")
    rows = account.node.run("SELECT digest FROM session WHERE user_id = ?", account.user.id)
    assert [bytes(row[0]) for row in rows] == [hashlib.sha256(done.cookie.encode()).digest()]


@pytest.mark.parametrize(
    "wrong", [{"name": "nobody"}, {"password": "wrong"}, {"code": "000000"}, {"code": ""}, {"password": ""}]
)
def test_every_failure_says_the_same_and_is_noted(account: Account, wrong: dict[str, str]) -> None:
    with pytest.raises(NotSignedIn) as refused:
        account.enter(**wrong)
    assert refused.value.sentence == sign_in.SENTENCE
    newest = account.node.look(lambda unit: unit.audit.recent(1))[0]
    assert (newest["action"], newest["outcome"]) == ("sign-in", "refused")
    assert account.user.name not in str(newest)


def test_a_code_passes_once(account: Account) -> None:
    code = account.code()
    account.enter(code=code)
    with pytest.raises(NotSignedIn):
        account.enter(code=code)
    with pytest.raises(NotSignedIn):
        account.enter(code=account.code(-1))
    account.later(seconds=60)
    account.enter()


def test_a_code_passes_once_however_many_try_at_the_same_time(account: Account) -> None:
    code = account.code()
    results: list[str] = []

    def attempt() -> None:
        try:
            results.append(account.enter(code=code).user.id)
        except NotSignedIn:
            results.append("refused")

    threads = [threading.Thread(target=attempt) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(results, key=len) == ["refused"] * 3 + [account.user.id]


def test_five_failures_close_the_account_for_five_minutes(account: Account) -> None:
    for _ in range(sign_in.MOST_FAILURES):
        with pytest.raises(NotSignedIn):
            account.enter(password="wrong")
    with pytest.raises(NotSignedIn):
        account.enter()
    with pytest.raises(NotSignedIn):
        account.enter(password="wrong")
    account.node.run("UPDATE app_user SET locked_until = 1 WHERE id = ?", account.user.id)
    account.enter()


def test_a_success_forgets_earlier_failures(account: Account) -> None:
    for _ in range(3):
        for _ in range(sign_in.MOST_FAILURES - 1):
            with pytest.raises(NotSignedIn):
                account.enter(password="wrong")
        account.enter()
        account.later(seconds=60)


def test_guesses_at_the_same_time_all_count(account: Account) -> None:
    def guess() -> None:
        with pytest.raises(NotSignedIn):
            account.enter(password="wrong")

    threads = [threading.Thread(target=guess) for _ in range(sign_in.MOST_FAILURES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with pytest.raises(NotSignedIn):
        account.enter()


def test_a_password_changed_while_it_was_checked_does_not_count(account: Account) -> None:
    services = account.node.services
    units: list[int] = []

    def unit() -> Any:
        units.append(1)
        if len(units) == 2:
            account.node.run("UPDATE app_user SET password_hash = 'new' WHERE id = ?", account.user.id)
        return services.unit()

    with pytest.raises(NotSignedIn):
        sign_in.sign_in(replace(services, unit=unit), account.user.name, PASSWORD, account.code())


def test_a_closed_account_is_out_at_once_and_may_be_opened_again(account: Account) -> None:
    services, chief = account.node.services, account.node.caller("administrator")
    cookie = account.enter().cookie
    users.disable(services, chief, account.user.id)
    with pytest.raises(NotSignedIn):
        sign_in.current(services, cookie)
    account.later(seconds=60)
    with pytest.raises(NotSignedIn):
        account.enter()
    users.disable(services, chief, account.user.id, disabled=False)
    with pytest.raises(NotSignedIn):
        sign_in.current(services, cookie)
    account.enter()


def test_a_user_disabled_behind_our_back_is_out_too(account: Account) -> None:
    cookie = account.enter().cookie
    account.node.run("UPDATE app_user SET disabled = ? WHERE id = ?", True, account.user.id)
    with pytest.raises(NotSignedIn):
        sign_in.current(account.node.services, cookie)


@pytest.mark.parametrize("column", ["last_seen", "created"])
def test_a_session_ends_when_idle_and_at_the_latest_after_its_time(account: Account, column: str) -> None:
    cookie = account.enter().cookie
    services = account.node.services
    length = services.settings.session_idle if column == "last_seen" else services.settings.session_absolute
    change = f"UPDATE session SET {column} = {column} - ? WHERE user_id = ?"
    account.node.run(change, (length - 30) * 1_000_000, account.user.id)
    sign_in.current(services, cookie)
    account.node.run(change, length * 1_000_000, account.user.id)
    with pytest.raises(NotSignedIn):
        sign_in.current(services, cookie)
    account.node.run("UPDATE session SET created = created + ?, last_seen = last_seen + ?", 10**15, 10**15)
    with pytest.raises(NotSignedIn):
        sign_in.current(services, cookie)


def test_using_a_session_keeps_it_awake(account: Account) -> None:
    cookie = account.enter().cookie
    select = "SELECT last_seen FROM session WHERE user_id = ?"
    first = account.node.run(select, account.user.id)
    sign_in.current(account.node.services, cookie)
    assert account.node.run(select, account.user.id) == first
    account.node.run(
        "UPDATE session SET last_seen = last_seen - 120000000 WHERE user_id = ?", account.user.id
    )
    sign_in.current(account.node.services, cookie)
    assert account.node.run(select, account.user.id) >= first


def test_signing_out_ends_the_session(account: Account) -> None:
    services = account.node.services
    cookie = account.enter().cookie
    sign_in.sign_out(services, cookie)
    sign_in.sign_out(services, cookie)
    sign_in.sign_out(services, "no cookie of ours")
    with pytest.raises(NotSignedIn):
        sign_in.current(services, cookie)


def test_a_session_remembers_a_language_this_node_speaks(account: Account) -> None:
    services = account.node.services
    cookie = account.enter().cookie
    sign_in.set_language(services, cookie, "pt")
    sign_in.set_language(services, cookie, "tlh")
    assert sign_in.current(services, cookie).session.language == "pt"


def test_the_first_administrator_is_made_once(own_lima: WalkNode) -> None:
    made = users.bootstrap(own_lima.services, "Jefa.Lima", PASSWORD)
    assert (made.user.name, made.user.role) == ("jefa.lima", "administrator")
    assert made.totp_uri.startswith("otpauth://totp/Puente:jefa.lima?")
    with pytest.raises(Conflict):
        users.bootstrap(own_lima.services, "other", PASSWORD)


def test_two_first_administrators_at_the_same_time_are_one(own_lima: WalkNode) -> None:
    refused: list[str] = []

    def attempt(name: str) -> None:
        try:
            users.bootstrap(own_lima.services, name, PASSWORD)
        except Conflict:
            refused.append(name)

    threads = [threading.Thread(target=attempt, args=(f"chief-{number}",)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert own_lima.look(lambda unit: unit.users.count()) == 1
    assert len(refused) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "a"},
        {"name": "ana torres"},
        {"name": "-ana"},
        {"name": "a" * 41},
        {"password": "short"},
        {"password": "aaaaaaaaaaaa"},
        {"role": "partner"},
        {"role": "worker"},
        {"role": "system"},
        {"role": "king"},
        {"facility": "nowhere"},
    ],
)
def test_a_user_that_breaks_a_rule_is_not_added(lima: WalkNode, changes: dict[str, Any]) -> None:
    before = lima.look(lambda unit: unit.users.count())
    with pytest.raises(BadInput):
        users.add_user(lima.services, lima.caller("administrator"), new_user(**changes))
    assert lima.look(lambda unit: unit.users.count()) == before


def test_a_name_is_given_once(lima: WalkNode) -> None:
    new = new_user(facility="", display=" ", language="de")
    added = users.add_user(lima.services, lima.caller("administrator"), new)
    assert (added.user.display, added.user.language, added.user.region) == (new.name, "es", "")
    with pytest.raises(Conflict):
        users.add_user(lima.services, lima.caller("administrator"), new_user(name=new.name.upper()))
    listed = users.users(lima.services, lima.caller("administrator"))
    assert [user.name for user in listed].count(new.name) == 1


def test_the_code_secret_is_sealed(account: Account) -> None:
    ((sealed, stored),) = account.node.run(
        "SELECT totp, password_hash FROM app_user WHERE id = ?", account.user.id
    )
    assert account.totp.secret.encode() not in bytes(sealed)
    assert PASSWORD not in stored


def test_an_administrator_cannot_close_the_own_account_or_one_that_is_not_there(account: Account) -> None:
    services = account.node.services
    myself = Caller(f"user:{account.user.id}", "administrator", "pe")
    with pytest.raises(BadInput):
        users.disable(services, myself, account.user.id)
    with pytest.raises(NotFound):
        users.disable(services, myself, "nobody")


def test_users_are_for_administrators(lima: WalkNode) -> None:
    for act in (
        lambda: users.add_user(lima.services, lima.caller(), new_user()),
        lambda: users.users(lima.services, lima.caller()),
        lambda: users.disable(lima.services, lima.caller(), "x"),
    ):
        with pytest.raises(NotAllowed):
            act()

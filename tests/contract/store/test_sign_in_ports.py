"""The ports Users, Sessions and Tokens."""

import os
from dataclasses import replace
from datetime import timedelta

import pytest

from registry.domain.model import AccessToken, Session
from registry.errors import Conflict
from tests.contract.store.node import NOON, StoreNode, later, new_id, user


def test_a_user_comes_back_and_is_replaced(node: StoreNode) -> None:
    ana = user()
    changed = replace(ana, failures=3, locked_until=later(minutes=5), disabled=True, totp_step=2**33)
    with node.committed() as unit:
        before = unit.users.count()
        unit.users.add(ana)
        assert unit.users.count() == before + 1
    with node.committed() as unit:
        assert unit.users.get(ana.id) == ana
        unit.users.save(changed)
    with node.unit() as unit:
        assert unit.users.by_name(ana.name) == changed
        assert unit.users.get(new_id()) is None
        assert unit.users.by_name(new_id()) is None


def test_a_name_is_taken_once(node: StoreNode) -> None:
    ana, other = user(), user()
    with node.committed() as unit:
        unit.users.add(ana)
        unit.users.add(other)
    with node.unit() as unit:
        with pytest.raises(Conflict):
            unit.users.add(user(name=ana.name))
        with pytest.raises(Conflict):
            unit.users.save(replace(other, name=ana.name))


def test_users_are_listed_by_name(node: StoreNode) -> None:
    with node.committed() as unit:
        for name in ("c", "a", "b"):
            unit.users.add(user(name=name + new_id()))
    with node.unit() as unit:
        names = [one.name for one in unit.users.all()]
    assert names == sorted(names)


def started(node: StoreNode, user_id: str = "") -> Session:
    with node.committed() as unit:
        if not user_id:
            ana = user()
            unit.users.add(ana)
            user_id = ana.id
        session = Session(os.urandom(32), user_id, NOON, NOON, 2)
        unit.sessions.add(session)
    return session


def test_a_session_remembers_use_language_and_end(node: StoreNode) -> None:
    session = started(node)
    with node.committed() as unit:
        assert unit.sessions.get(session.digest) == session
        unit.sessions.touch(session.digest)
        unit.sessions.set_language(session.digest, "pt")
        unit.sessions.end(session.digest)
        moment = unit.now()
    ended = replace(session, last_seen=moment, language="pt", ended=moment)
    with node.committed() as unit:
        assert unit.sessions.get(session.digest) == ended
        unit.sessions.end(session.digest)
    with node.unit() as unit:
        assert unit.sessions.get(session.digest) == ended, "the first end counts"
        assert unit.sessions.get(os.urandom(32)) is None


def test_all_open_sessions_of_one_user_end(node: StoreNode) -> None:
    first = started(node)
    second, closed = started(node, first.user_id), started(node, first.user_id)
    other = started(node)
    with node.committed() as unit:
        unit.sessions.end(closed.digest)
        assert unit.sessions.end_all(first.user_id) == 2
    with node.unit() as unit:
        found = [unit.sessions.get(one.digest) for one in (first, second, other)]
    assert [one is not None and one.ended is not None for one in found] == [True, True, False]


def test_an_assertion_is_used_once(node: StoreNode) -> None:
    jti = new_id()
    with node.committed() as unit:
        until = unit.now() + timedelta(minutes=5)
        assert unit.tokens.remember_jti("co", jti, until)
        assert unit.tokens.remember_jti("ec", jti, until)
    with node.unit() as unit:
        assert not unit.tokens.remember_jti("co", jti, until)


def test_a_token_counts_until_it_expires_by_the_database_clock(node: StoreNode) -> None:
    with node.committed() as unit:
        now = unit.now()
        good = AccessToken(
            os.urandom(32), "co", ("system/Patient.r", "system/Task.cru"), now + timedelta(minutes=5)
        )
        old = replace(good, digest=os.urandom(32), expires=now)
        unit.tokens.add(good)
        unit.tokens.add(old)
    with node.unit() as unit:
        assert unit.tokens.get(good.digest) == good
        assert unit.tokens.get(old.digest) is None
        assert unit.tokens.get(os.urandom(32)) is None


def test_purging_drops_only_what_expired(node: StoreNode) -> None:
    with node.committed() as unit:
        unit.tokens.purge()
        now = unit.now()
        good = AccessToken(os.urandom(32), "co", (), now + timedelta(minutes=5))
        unit.tokens.add(good)
        unit.tokens.add(replace(good, digest=os.urandom(32), expires=now - timedelta(seconds=1)))
        unit.tokens.remember_jti("co", "old-assertion", now - timedelta(seconds=1))
        unit.tokens.remember_jti("co", "new-assertion", now + timedelta(minutes=5))
    with node.committed() as unit:
        assert unit.tokens.purge() == 2
        assert unit.tokens.get(good.digest) == good
        assert not unit.tokens.remember_jti("co", "new-assertion", now)

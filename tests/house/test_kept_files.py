"""No secret, no machine and no package host in what is kept; locks are complete and agree."""

import re
from pathlib import Path

import pytest

from tests.house.tree import files, text

# Character classes keep these lines from finding themselves.
FOREIGN = re.compile(
    r"files[.]pythonhosted|py[p]i[.]org|registry[.]npmjs|deb[.]debian[.]org|-index[-]url"
    r"|(?<![\w.])/wor[k]/|(?<![\w.])/hom[e]/\w|(?<![\w.])/roo[t]/",
)
SECRET = re.compile(
    r"-----BEGIN [A-Z ]*PRIVAT[E] KEY|\bAKI[A][0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}\b|\bxox[abp]-[0-9]+-"
)
PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[a-z,]+\])?==(\S+)", re.MULTILINE)
LOCKS = (Path("locks/runtime.txt"), Path("locks/test.txt"))


@pytest.mark.parametrize("pattern", [FOREIGN, SECRET], ids=["host or machine path", "secret"])
def test_no_kept_file_holds_what_belongs_elsewhere(pattern: re.Pattern[str]) -> None:
    found = []
    for path in files():
        hits = pattern.finditer(text(path))
        found += [f"{path}:{text(path).count(chr(10), 0, hit.start()) + 1} {hit[0]}" for hit in hits]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("lock", LOCKS, ids=str)
def test_a_lock_names_no_address_and_gives_every_package_a_hash(lock: Path) -> None:
    said = text(lock)
    assert "://" not in said
    assert " @ " not in said
    packages = re.split(r"\n(?=[a-z0-9])", said)
    assert len(packages) > 50
    assert not [package.split()[0] for package in packages if "--hash=sha256:" not in package]


def test_the_test_lock_contains_the_runtime_lock() -> None:
    runtime, test = (set(PINNED.findall(text(lock))) for lock in LOCKS)
    assert runtime <= test


@pytest.mark.parametrize("kind", ["runtime", "test"])
def test_every_wanted_package_is_locked(kind: str) -> None:
    wanted = re.findall(r"^([a-z0-9][a-z0-9.-]*)", text(Path(f"locks/{kind}.in")), re.MULTILINE)
    locked = {name for name, _ in PINNED.findall(text(Path(f"locks/{kind}.txt")))}
    assert {name.replace(".", "-") for name in wanted} <= locked

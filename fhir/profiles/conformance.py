"""Rules of profiles past the base standard: the International Patient Summary, and what this node asks.

The rules are data (`tables/*.toml`), their tests FHIRPath. Sources: HL7 fhir-ips 2.0.1;
https://hl7.org/fhir/R4/profiling.html
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from fhir import references
from fhir.outcome import Issue, Severity
from fhir.profiles.expressions import CannotTell, Document, TooMuch
from fhir.wire import JsonObject

IPS, OWN = "ips", "puente"
_TABLES = Path(__file__).parent / "tables"
_TOO_MUCH = "This is too long to hold all of it to the profiles; what is told here may not be all."
_UNTOLD = "This rule could not be checked: what it looks at breaks the base standard."


@dataclass(frozen=True, slots=True)
class ProfileRule:
    """One rule: `at` is a path of elements below the resource (empty: itself), `test` its FHIRPath."""

    id: str
    text: str
    test: str
    at: str = ""
    severity: Severity = "error"
    source: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """One profile of a type; with `entries` the resources of a document follow those of the same table."""

    table: str
    url: str
    type: str
    rules: tuple[ProfileRule, ...]
    when: str = ""
    entries: bool = False


def issues(resource: JsonObject, *urls: str) -> list[Issue]:
    """Return what a resource breaks of the profiles with these addresses, each issue with its path.

    An address may carry `|version`; those not known here are passed over (see `find`). At the top of a
    document the rules go on into its entries.
    """
    document = Document(_addressed(resource))
    found: list[Issue] = []
    try:
        # What was found before the end stays.
        found.extend(_of_profiles(document, filter(None, map(find, urls)), resource))
    except TooMuch:
        found.append(Issue("warning", "too-costly", "", "too-many-tests", _TOO_MUCH))
    return list(dict.fromkeys(found))


def _of_profiles(document: Document, chosen: Iterable[Profile], resource: JsonObject) -> Iterator[Issue]:
    root = str(resource.get("resourceType"))
    for profile in chosen:
        if profile.type != root:
            text = f"This profile is about {profile.type}."
            yield Issue("error", "structure", root, "profile-type", text)
            continue
        yield from _broken(document, profile, resource, root)
        if profile.entries:
            yield from _of_entries(document, profile.table, resource, root)


def implied(resource: JsonObject) -> list[str]:
    """Return the addresses of profiles a resource claims in meta.profile, or follows by what it is."""
    meta = resource.get("meta")
    claimed = meta.get("profile") if isinstance(meta, dict) else None
    named = [url for url in claimed if isinstance(url, str)] if isinstance(claimed, list) else []
    document = Document(_addressed(resource))
    kind = resource.get("resourceType")
    if kind == "Bundle":
        named += [
            one.url for one in profiles() if one.type == kind and one.when and _fits(document, one, resource)
        ]
    return list(dict.fromkeys(named))


def advice(resource: JsonObject) -> list[Issue]:
    """Return what this node would like of a resource of this kind; nothing here stops a write."""
    document = Document({})
    kind = str(resource.get("resourceType"))
    own = [one for one in profiles() if one.table == OWN and one.type == kind and not one.entries]
    found = [
        issue
        for profile in own
        if _fits(document, profile, resource)
        for issue in _broken(document, profile, resource, kind)
    ]
    return [replace(issue, severity="warning") if issue.severity == "error" else issue for issue in found]


def find(url: str) -> Profile | None:
    """Return the profile with an address (a version after `|` is not looked at), or None."""
    return _by_url().get(url.partition("|")[0])


@cache
def profiles() -> tuple[Profile, ...]:
    """Return every profile of the tables."""
    return tuple(one for name in (IPS, OWN) for one in _read(name))


@cache
def _by_url() -> Mapping[str, Profile]:
    return {profile.url: profile for profile in profiles()}


def _read(name: str) -> Iterator[Profile]:
    table = tomllib.loads((_TABLES / f"{name}.toml").read_text(encoding="utf-8"))
    for row in table["profile"]:
        rules = tuple(ProfileRule(**rule) for rule in row["rules"])
        url = table["base"] + row["name"]
        yield Profile(name, url, row["type"], rules, row.get("when", ""), row.get("entries", False))


def _of_entries(document: Document, table: str, bundle: JsonObject, root: str) -> Iterator[Issue]:
    for node, path in _places(bundle, "entry", root):
        resource = node.get("resource") if isinstance(node, dict) else None
        if not isinstance(resource, dict):
            continue
        for profile in profiles():
            fits = profile.table == table and profile.type == resource.get("resourceType")
            if fits and not profile.entries and _fits(document, profile, resource):
                yield from _broken(document, profile, resource, f"{path}.resource")


def _fits(document: Document, profile: Profile, resource: JsonObject) -> bool:
    try:
        return not profile.when or document.holds(profile.when, resource, profile.type)
    except CannotTell:
        return False


def _broken(document: Document, profile: Profile, resource: JsonObject, path: str) -> Iterator[Issue]:
    for rule in profile.rules:
        place = ".".join(filter(None, (profile.type, rule.at)))
        for node, where in _places(resource, rule.at, path):
            try:
                if not document.holds(rule.test, node, place):
                    yield Issue(rule.severity, "invariant", where, rule.id, rule.text)
            except CannotTell:
                yield Issue("information", "incomplete", where, rule.id, _UNTOLD)


def _places(node: Any, at: str, path: str) -> Iterable[tuple[Any, str]]:
    """Yield the nodes at a path of elements, each with its own path; lists are gone through."""
    if not at:
        yield node, path
        return
    name, _, rest = at.partition(".")
    value = node.get(name) if isinstance(node, dict) else None
    if isinstance(value, list):
        for place, item in enumerate(value):
            yield from _places(item, rest, f"{path}.{name}[{place}]")
    elif value is not None:
        yield from _places(value, rest, f"{path}.{name}")


def _addressed(resource: JsonObject) -> dict[str, JsonObject]:
    """Return the resources of a document by fullUrl and by `Type/id`."""
    found: dict[str, JsonObject] = {}
    entries = resource.get("entry")
    for entry in entries if isinstance(entries, list) else ():
        held = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(held, dict):
            found.setdefault(references.local(held), held)
            if isinstance(entry.get("fullUrl"), str):
                found[entry["fullUrl"]] = held
    return found

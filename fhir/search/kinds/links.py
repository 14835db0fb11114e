"""References and addresses (https://hl7.org/fhir/R4/search.html#reference, #uri)."""

import re
from dataclasses import dataclass
from typing import Any

from fhir.search.kinds import tokens
from fhir.search.kinds.setting import BadValue, Setting
from fhir.search.paths import target_of
from fhir.search.spelling import plain

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_OWN = re.compile(r"([A-Z][A-Za-z]{1,63})/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?")
_WRITTEN = "A reference is written as [id], [type]/[id] or an absolute address."


@dataclass(frozen=True, slots=True)
class Link:
    """One reference: a type (`` for any) and an id of this node, or a whole address of somebody else."""

    type: str
    id: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    """One address; `way` is the modifier: `` the same, below it, or above it."""

    text: str
    way: str = ""


def read(value: str, modifier: str, setting: Setting) -> Link | tokens.Value:
    """Return the reference a value asks for; a modifier is the type, or `identifier`."""
    if modifier == "identifier":
        return tokens.read(value, "", setting)
    text = plain(value)
    if setting.base and text.startswith(f"{setting.base}/"):
        text = text.removeprefix(f"{setting.base}/")
    if _ID.fullmatch(text):
        return Link(modifier, text)
    if found := _OWN.fullmatch(text):
        if modifier and modifier != found[1]:
            raise BadValue("The type in the reference is not the one of the modifier.")
        return Link(found[1], found[2])
    if ":" not in text:
        raise BadValue(_WRITTEN)
    return Link("", "", text)


def fits(element: Any, asked: Link | tokens.Value, setting: Setting) -> bool:
    """Tell whether a Reference or a canonical address points at what was asked for."""
    if not isinstance(asked, Link):
        inner = element.get("identifier") if isinstance(element, dict) else None
        return tokens.fits(inner, asked, setting)
    text = element.get("reference") if isinstance(element, dict) else element
    if not isinstance(text, str):
        return False
    if asked.address:
        return text == asked.address or text.partition("|")[0] == asked.address
    if "://" in text:
        if not setting.base or not text.startswith(f"{setting.base}/"):
            return False
        text = text.removeprefix(f"{setting.base}/")
    target = target_of(text)
    return target is not None and target[1] == asked.id and asked.type in ("", target[0])


def read_address(value: str, modifier: str, _setting: Setting) -> Address:
    """Return the address a value asks for."""
    return Address(plain(value), modifier)


def fits_address(element: Any, asked: Address, _setting: Setting) -> bool:
    """Tell whether an address is the one asked for, below it (`:below`) or above it (`:above`)."""
    if not isinstance(element, str):
        return False
    if asked.way == "below":
        return element == asked.text or element.startswith(asked.text.rstrip("/") + "/")
    if asked.way == "above":
        return element == asked.text or asked.text.startswith(element.rstrip("/") + "/")
    return element == asked.text or element.partition("|")[0] == asked.text


def read_id(value: str, _setting: Setting) -> str:
    """Return an id; raise BadValue when no resource can have it."""
    if not _ID.fullmatch(value):
        raise BadValue("An id has at most 64 letters, digits, dots and dashes.")
    return value

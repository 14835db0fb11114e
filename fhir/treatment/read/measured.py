"""The number in a viral load value: which scale it is on, and what a text says about it.

Copies/mL may come as UCUM `{copies}/mL`, as `1/mL`, or as words; IU/mL needs a factor of the laboratory and
stays as it is.
"""

import re
import unicodedata
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import Literal

from fhir.treatment.fields import Quantity

Comparator = Literal["", "<", "<=", ">", ">="]
_COMPARATORS: dict[str, Comparator] = {"<": "<", "≤": "<=", "<=": "<=", ">": ">", "≥": ">=", ">=": ">="}
# Larger powers of ten are not viral loads but values on another scale.
_HIGHEST_LOG = Decimal(12)
_NOT_DETECTED = re.compile(
    r"\b(?:indetect\w*|undetect\w*|(?:not|no|nao|non)\s+detect\w*|sin deteccion|tnd|ldl|negativ\w*)\b"
    r"|\b(?:below|under|inferior|menor|abaixo|bajo|debajo)\b[^0-9]{0,24}\b(?:limit\w*|deteccion|deteccao|detection|lod|loq)\b"
)
_LESS = re.compile(r"\b(?:menor(?: que| a| de)?|inferior a|less than|below|menos de|abaixo de)\s*(?=\d)")
_NOISE = re.compile(r"\b(?:hiv|vih)[ -]?[12]\b|\brna\b|\barn\b")
_SCIENTIFIC = re.compile(r"\d\s*[x*×]\s*10|\d\s*e\s*[+-]?\d|\^")
_NUMBER = r"(?<![\d.,])(<=|>=|[<>≤≥])?\s*(\d{1,3}(?:[., ]\d{3})+(?![\d.,])|\d+(?:[.,]\d+)?(?![\d.,]*\d))"
_ONLY_NUMBER = re.compile(_NUMBER)
_IN_COPIES = re.compile(_NUMBER + r"\s*(?:\{?\[?cop\w*\]?\}?|cps?\b|c\s*/|\{#\}\s*/|1?/\s*ml)")
_IN_LOG = re.compile(_NUMBER + r"\s*\{?log")
_IN_IU = re.compile(_NUMBER + r"\s*\[?(?:iu|ui)\b")
_IU = re.compile(r"(?<![a-z])(?:iu|ui)(?![a-z])")
_COPIES = re.compile(r"copies|copias|\bcop\b|\bcps?\b|\bc/ml|(?:^|\s)(?:\{#\}|1)?/ml\b")


@dataclass(frozen=True)
class Measured:
    """One reading: `copies` per mL if it can be said, `limit` the number beside `<`, `logarithm` if it was
    one.
    """

    original: str
    copies: Decimal | None = None
    comparator: Comparator = ""
    limit: Decimal | None = None
    convertible: bool = True
    logarithm: bool = False

    @property
    def usable(self) -> bool:
        """Tell whether the reading says anything in copies/mL."""
        return self.convertible and (self.copies is not None or self.comparator != "")


def from_quantity(amount: Quantity, kind: str) -> Measured:
    """Read a Quantity of an Observation whose code means `kind` (copies, iu, log10, by-unit); the unit wins
    over the code.
    """
    original = f"{amount.comparator}{amount.value:f} {amount.label}".strip()
    comparator = _COMPARATORS.get(amount.comparator, "")
    return _on_scale(amount.value, comparator, original, _scale(f"{amount.code} {amount.unit}", kind))


def from_text(written: str, kind: str) -> Measured:
    """Read a text: `<20 copias/mL`, `indetectable`, `no detectado`, `1.250 copies/mL (3.1 log)`.

    A number counts only beside a known unit, or when the text is nothing else; anything doubtful is not
    converted.
    """
    plain = _LESS.sub("<", _NOISE.sub(" ", _plain(written)).replace("log10", "log")).strip(" :;.")
    if _NOT_DETECTED.search(plain):
        beside = _IN_COPIES.search(plain)
        limit = _number(beside[2]) if beside and beside[1] in ("<", "<=", "≤") else None
        return Measured(written, comparator="<", limit=limit or None)
    if _SCIENTIFIC.search(plain):
        return Measured(written, convertible=False)
    alone = _ONLY_NUMBER.fullmatch(plain)
    if alone and kind in ("copies", "log10"):
        return _reading(alone, written, kind)
    for pattern, scale in ((_IN_COPIES, "copies"), (_IN_LOG, "log10"), (_IN_IU, "iu")):
        beside = pattern.search(plain)
        if beside:
            return _reading(beside, written, scale)
    return Measured(written, convertible=False)


def _reading(found: re.Match[str], written: str, scale: str) -> Measured:
    number = _number(found[2], logarithm=scale == "log10")
    return _on_scale(number, _COMPARATORS.get(found[1] or "", ""), written, scale)


def _on_scale(value: Decimal, comparator: Comparator, original: str, scale: str) -> Measured:
    """Return the reading; zero means not detected and is never kept as a number."""
    logarithm = scale == "log10"
    if scale not in ("copies", "log10") or value < 0 or (logarithm and value > _HIGHEST_LOG):
        return Measured(original, comparator=comparator, convertible=False, logarithm=logarithm)
    copies = _power(value) if logarithm else value
    if value == 0:
        return Measured(original, comparator="<", logarithm=logarithm)
    if comparator in ("<", "<="):
        return Measured(original, comparator=comparator, limit=copies, logarithm=logarithm)
    return Measured(original, copies, comparator, logarithm=logarithm)


def _power(value: Decimal) -> Decimal:
    """Return 10 to the value, to a hundredth of a copy; rounded down so that 999.996 does not become 1000."""
    return (Decimal(10) ** value).quantize(Decimal("0.01"), rounding=ROUND_FLOOR)


def _scale(unit: str, kind: str) -> str:
    """Return the scale a unit names; without a unit the code decides, and an unknown unit is never taken as
    copies.
    """
    plain = _plain(unit).strip()
    if not plain:
        return kind
    if _IU.search(plain):
        return "iu"
    if "log" in plain:
        return "log10"
    return "copies" if _COPIES.search(plain) else "other"


def _number(digits: str, *, logarithm: bool = False) -> Decimal:
    """Return the number; separators before groups of three are thousands, except in a logarithm."""
    if not logarithm and re.fullmatch(r"\d{1,3}(?:[., ]\d{3})+", digits):
        return Decimal(re.sub(r"[., ]", "", digits))
    one_mark = digits.count(",") + digits.count(".") + digits.count(" ") == 1
    return Decimal(re.sub(r"[, ]", ".", digits) if one_mark else re.sub(r"[., ]", "", digits))


def _plain(written: str) -> str:
    spread = unicodedata.normalize("NFKD", written.casefold())
    return "".join(letter for letter in spread if not unicodedata.combining(letter))

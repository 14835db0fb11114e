"""Invariants of FHIR R4 data types.

Source: https://hl7.org/fhir/R4/datatypes.html and the pages of each type.
"""

import re

from fhir.profiles.rule import Rule, child, has, has_choice, text
from fhir.wire import JsonObject

_SCRIPT = re.compile(
    r"<\s*(script|iframe|object|embed|form|input|button|link|meta|base|head|body|applet)\b|\son[a-z]+\s*=|javascript:",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[^>]*>")


def _extension(node: JsonObject) -> bool:
    return ("extension" in node) != has_choice(node, "value")


def _period(node: JsonObject) -> bool:
    start, end = text(node, "start"), text(node, "end")
    size = min(len(start), len(end), 10)
    return size == 0 or start[:size] <= end[:size]


def _range(node: JsonObject) -> bool:
    low, high = child(node, "low").get("value"), child(node, "high").get("value")
    try:
        return low is None or high is None or bool(low <= high)
    except TypeError:
        return True


def _repeat_unit(amount: str, unit: str) -> Rule:
    return Rule(
        f"tim-{amount}-unit",
        lambda node: amount not in node or has(node, unit),
        f"If there is a {amount}, there needs to be a unit of time.",
    )


def visible_text(div: str) -> str:
    """Return the words of an XHTML narrative without its tags."""
    return _TAG.sub(" ", div).replace("&nbsp;", " ").replace("&#160;", " ").strip()


def _narrative_shape(node: JsonObject) -> bool:
    div = text(node, "div").strip()
    return not div or (div.startswith("<div") and div.endswith(("</div>", "/>")) and not _SCRIPT.search(div))


def _narrative_content(node: JsonObject) -> bool:
    div = text(node, "div")
    return not div or bool(visible_text(div)) or "<img" in div


TYPE_RULES: dict[str, tuple[Rule, ...]] = {
    "Extension": (Rule("ext-1", _extension, "An extension has either extensions or a value, not both."),),
    "Period": (Rule("per-1", _period, "A period cannot end before it starts."),),
    "Range": (Rule("rng-2", _range, "The low value must not be above the high value."),),
    "Quantity": (
        Rule(
            "qty-3", lambda node: "code" not in node or has(node, "system"), "A unit code needs its system."
        ),
    ),
    "Attachment": (
        Rule(
            "att-1", lambda node: "data" not in node or has(node, "contentType"), "Data need a contentType."
        ),
    ),
    "ContactPoint": (
        Rule(
            "cpt-2",
            lambda node: "value" not in node or has(node, "system"),
            "A contact value needs its system.",
        ),
    ),
    "TimingRepeat": (_repeat_unit("duration", "durationUnit"), _repeat_unit("period", "periodUnit")),
    "Narrative": (
        Rule(
            "txt-1",
            _narrative_shape,
            "The narrative is one XHTML div with plain formatting and no active content.",
        ),
        Rule("txt-2", _narrative_content, "The narrative must have some words in it."),
    ),
}

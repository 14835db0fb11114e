"""XHTML of a narrative: paragraphs and tables, every text escaped.

Source: https://hl7.org/fhir/R4/narrative.html#xhtml
"""

import html
import re
from collections.abc import Iterable, Sequence

# Characters that XML 1.0 cannot hold at all.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def paragraph(*sentences: str) -> str:
    """Return a paragraph of the sentences that say something, or nothing."""
    said = " ".join(sentence for sentence in sentences if sentence)
    return f"<p>{_safe(said)}</p>" if said else ""


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table without the columns that are empty in every row, or nothing when there are no rows."""
    listed = [tuple(row) for row in rows]
    used = [place for place, _ in enumerate(headings) if any(row[place] for row in listed)]
    if not listed or not used:
        return ""
    head = "".join(f"<th>{_safe(headings[place])}</th>" for place in used)
    body = "".join(
        "<tr>" + "".join(f"<td>{_safe(row[place])}</td>" for place in used) + "</tr>" for row in listed
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def narrative(language: str, *parts: str) -> dict[str, str]:
    """Return a Narrative of parts that are XHTML already; there must be at least one that is not empty."""
    marks = f'xmlns="http://www.w3.org/1999/xhtml" lang="{language}" xml:lang="{language}"'
    return {"status": "generated", "div": f"<div {marks}>{''.join(parts)}</div>"}


def _safe(words: str) -> str:
    return html.escape(_FORBIDDEN.sub("", words), quote=True)

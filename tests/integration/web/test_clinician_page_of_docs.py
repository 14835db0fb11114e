"""What the page for clinicians calls a button or a state is what the pages call it."""

import re
from io import BytesIO
from pathlib import Path

from babel.messages.pofile import read_po

from registry.web.frame.languages import TRANSLATIONS

PAGE = Path(__file__).parents[3] / "docs" / "clinician.md"


def test_every_label_named_in_the_docs_is_on_the_pages() -> None:
    catalogue = read_po(
        BytesIO((TRANSLATIONS / "es" / "LC_MESSAGES" / "messages.po").read_bytes()), locale="es"
    )
    shown = {
        part for one in catalogue for part in (one.string if isinstance(one.string, tuple) else (one.string,))
    }
    shown = {part.rstrip(".") for part in shown}
    named = re.findall(r"\*\*?([^*\n]+)\*\*?", PAGE.read_text("utf-8"))
    assert len(named) > 20
    assert [label for label in named if label.rstrip(".") not in shown] == []

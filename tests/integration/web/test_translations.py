"""Every sentence of the pages exists in every language, and what runs is what translators wrote."""

import ast
import re
import string
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from registry.web.frame.languages import LANGUAGES, TRANSLATIONS

WEB = TRANSLATIONS.parent
KEYWORDS = {"_": None, "_l": None, "gettext": None, "ngettext": (1, 2)}
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
PLACEHOLDER = re.compile(r"%\(\w+\)s")
CALLED = {
    "access": ("sign_in", "users"),
    "care": ("dispense", "people/register", "people/lookup", "chart/at_a_glance"),
    "exchange": (
        "corridor",
        "sending/ask_partner",
        "sending/send_summary",
        "sending/deliveries",
        "answering/decide",
        "receiving/review",
    ),
}
NOT_SHOWN = {
    "There is no such document.",  # partners ask for its status at the door
    "This node has users already. Ask its administrator to add you.",  # bootstrap is a command
    "Too many tries. Wait five minutes, then try again.",  # the page has a sentence of its own
}


def messages() -> set[str | tuple[str, ...]]:
    """Extract what templates and modules say."""
    options = {"**/templates/**.html": {"silent": "false", "trimmed": "true"}}
    found = extract_from_dir(WEB, METHODS, options, keywords=KEYWORDS)
    return {message for _, _, message, _, _ in found if message}


def catalogue(language: str) -> Catalog:
    """Read what translators wrote."""
    return read_po(
        BytesIO((TRANSLATIONS / language / "LC_MESSAGES" / "messages.po").read_bytes()), locale=language
    )


def translations(language: str) -> dict[str | tuple[str, ...], str | tuple[str, ...]]:
    """Give the finished translations of a language."""
    return {message.id: message.string for message in catalogue(language) if message.id and not message.fuzzy}


OTHERS = [language for language in LANGUAGES if language != "en"]


def test_there_is_much_to_translate() -> None:
    assert len(messages()) > 400


@pytest.mark.parametrize("language", OTHERS)
def test_no_message_is_missing_and_none_is_left_over(language: str) -> None:
    written = translations(language)
    assert messages() - set(written) == set()
    assert set(written) - messages() == set()


@pytest.mark.parametrize("language", OTHERS)
def test_no_translation_is_empty_and_every_placeholder_is_kept(language: str) -> None:
    for source, translated in translations(language).items():
        sources = source if isinstance(source, tuple) else (source,)
        for text in translated if isinstance(translated, tuple) else (translated,):
            assert text.strip(), source
            assert set(PLACEHOLDER.findall(text)) == set(PLACEHOLDER.findall(sources[-1])), source
            assert text[-1] in string.punctuation + "»" or sources[0][-1] not in ".?!", source


@pytest.mark.parametrize("language", OTHERS)
def test_the_compiled_catalogue_is_the_written_one(language: str) -> None:
    folder = TRANSLATIONS / language / "LC_MESSAGES"
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO((folder / "messages.po").read_bytes()), locale=language))
    assert (folder / "messages.mo").read_bytes() == compiled.getvalue()


def test_what_use_cases_refuse_with_is_in_the_catalogues() -> None:
    written = set(translations("es"))
    missing = []
    for path in (WEB.parent / "usecases" / room / f"{name}.py" for room in CALLED for name in CALLED[room]):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
                sentence = node.exc.args[0]
                if isinstance(sentence, ast.Constant) and sentence.value not in written | NOT_SHOWN:
                    missing.append((path.name, sentence.value))
    assert not missing, "add them to registry/web/wording/refusals.py and to the catalogues"


def test_vendored_files_are_the_published_ones() -> None:
    import hashlib

    folder = WEB / "static" / "vendor"
    table = (folder / "VENDOR.md").read_text("utf-8")
    rows = re.findall(r"\| `([^`]+)` \| \w+ \| `([0-9a-f]{64})` \|", table)
    assert len(rows) == 2
    for name, digest in rows:
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
        assert (folder / Path(name).parent / "LICENSE.txt").exists()

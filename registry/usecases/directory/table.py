"""Read a table of facilities from a CSV file, whatever its encoding, separator and spelling of headings."""

import csv
import io
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from config.facilities import NEEDED, FacilityMapping
from registry.errors import BadInput

LARGEST = 200_000_000
LONGEST_CELL = 100_000
_SEPARATORS = ",;\t|"


@dataclass(frozen=True)
class Row:
    """One row: its number in the file (the heading is 1), and its cells by meaning."""

    number: int
    cells: dict[str, str]


@dataclass(frozen=True)
class Table:
    """Rows with the encoding found, and the meanings that no column of this file has."""

    encoding: str
    missing: tuple[str, ...]
    rows: Iterator[Row]


def read(data: bytes, mapping: FacilityMapping) -> Table:
    """Return the table; raise BadInput when it has no heading for code or name."""
    if len(data) > LARGEST:
        raise BadInput("The list is larger than 200 MB. Split it.")
    text, encoding = decoded(data)
    csv.field_size_limit(LONGEST_CELL)
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=_separator(text))
    heading = [plain(cell) for cell in _next(reader)]
    places = {meaning: _place(heading, headings) for meaning, headings in mapping.columns.items()}
    for meaning in NEEDED:
        if places[meaning] is None:
            expected = ", ".join(mapping.columns[meaning])
            raise BadInput(f"The list has no column for {meaning}: its heading would be one of {expected}.")
    found = {meaning: place for meaning, place in places.items() if place is not None}
    missing = tuple(sorted(meaning for meaning, place in places.items() if place is None))
    return Table(encoding, missing, _rows(reader, found))


def decoded(data: bytes) -> tuple[str, str]:
    """Return the text and its encoding: UTF-8 when it is that, else the Latin of Windows or ISO 8859-1."""
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding), encoding.removesuffix("-sig")
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1"), "latin-1"


def plain(text: str) -> str:
    """Return a heading or word as it is compared: upper case letters and digits, without accents."""
    letters = unicodedata.normalize("NFKD", text).upper()
    return "".join(letter for letter in letters if letter.isascii() and letter.isalnum())


def _separator(text: str) -> str:
    first = text.partition("\n")[0]
    return max(_SEPARATORS, key=first.count)


def _next(reader: Iterator[list[str]]) -> list[str]:
    try:
        return next(reader)
    except StopIteration:
        raise BadInput("The list is empty.") from None
    except csv.Error:
        raise BadInput("The list is not a CSV file.") from None


def _place(heading: list[str], wanted: tuple[str, ...]) -> int | None:
    return next((heading.index(plain(each)) for each in wanted if plain(each) in heading), None)


def _rows(reader: Iterator[list[str]], places: dict[str, int]) -> Iterator[Row]:
    number = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise BadInput(f"Row {number + 1} of the list is not CSV.") from None
        number += 1
        if any(cell.strip() for cell in cells):
            kept = {
                meaning: " ".join(cells[place].split())
                for meaning, place in places.items()
                if place < len(cells)
            }
            yield Row(number, {meaning: text for meaning, text in kept.items() if text})

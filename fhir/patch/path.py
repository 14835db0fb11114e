"""The part of FHIRPath that names one element of a resource, read into steps.

A patch comes from outside and runs inside a transaction, so its paths are read here and cost no more than
their length: names, [n], first(), last(), single(), extension('url'), ofType(T) and where() with equalities
joined by `and`. Source: http://hl7.org/fhirpath/N1/
"""

import re
from dataclasses import dataclass
from typing import NoReturn

LONGEST = 1000
_TOKEN = re.compile(
    r"\s*(?:(?P<name>[A-Za-z_][A-Za-z0-9_]*|`[A-Za-z_][A-Za-z0-9_-]*`)|(?P<number>-?[0-9]+(?:\.[0-9]+)?)"
    r"|(?P<text>'(?:[^'\\]|\\.)*')|(?P<mark>[.()\[\]=]))"
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "f": "\f"}
WITHOUT_ARGUMENT = ("first", "last", "single")


class BadPath(ValueError):
    """Say why a path cannot be used."""


@dataclass(frozen=True, slots=True)
class Name:
    """Go to the elements of this name."""

    text: str


@dataclass(frozen=True, slots=True)
class Index:
    """Keep the element at this place, from 0; -1 is the last one."""

    at: int


@dataclass(frozen=True, slots=True)
class Single:
    """Keep the only element; several are an error."""


@dataclass(frozen=True, slots=True)
class OfType:
    """Keep the elements of this type."""

    name: str


@dataclass(frozen=True, slots=True)
class Equal:
    """One equality: a path inside an element, and the value (text, true or false, number as written)."""

    steps: "tuple[Step, ...]"
    value: str | bool
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Where:
    """Keep the elements for which every equality holds."""

    all_of: tuple[Equal, ...]


Step = Name | Index | Single | OfType | Where


def read(text: str) -> tuple[Step, ...]:
    """Return the steps of a path; raise BadPath with a sentence for what is not understood here."""
    if len(text) > LONGEST:
        raise BadPath(f"A path has at most {LONGEST} characters.")
    reader = _Reader(text)
    steps = reader.path()
    if reader.kind:
        reader.stop()
    return steps


class _Reader:
    """Reads one token at a time; `kind` is empty at the end."""

    def __init__(self, text: str) -> None:
        self._text = text.rstrip()
        self._at = 0
        self.kind = self.word = ""
        self._next()

    def path(self) -> tuple[Step, ...]:
        """Read steps joined by dots."""
        steps = [*self._step()]
        while self._take("."):
            steps += self._step()
        return tuple(steps)

    def stop(self) -> NoReturn:
        """Raise BadPath at this token."""
        raise BadPath("The path has a part that is not understood here; names, [n] and where() are.")

    def _step(self) -> list[Step]:
        if self.kind != "name":
            self.stop()
        name = self.word.strip("`")
        self._next()
        steps: list[Step] = self._function(name) if self._take("(") else [Name(name)]
        while self._take("["):
            steps.append(Index(self._whole_number()))
            self._need("]")
        return steps

    def _function(self, name: str) -> list[Step]:
        steps: list[Step] = []
        if name == "first":
            steps = [Index(0)]
        elif name == "last":
            steps = [Index(-1)]
        elif name == "single":
            steps = [Single()]
        elif name == "extension":
            steps = [Name("extension"), Where((Equal((Name("url"),), self._quoted()),))]
        elif name == "ofType":
            steps = [OfType(self._word())]
        elif name == "where":
            steps = [Where(self._conditions())]
        else:
            self.stop()
        self._need(")")
        return steps

    def _conditions(self) -> tuple[Equal, ...]:
        found = [self._equal()]
        while self.kind == "name" and self.word == "and":
            self._next()
            found.append(self._equal())
        return tuple(found)

    def _equal(self) -> Equal:
        steps = self.path()
        self._need("=")
        if self.kind == "name" and self.word in ("true", "false"):
            return Equal(steps, self._word() == "true")
        if self.kind == "number":
            number = self.word
            self._next()
            return Equal(steps, number, is_number=True)
        return Equal(steps, self._quoted())

    def _word(self) -> str:
        if self.kind != "name":
            self.stop()
        word = self.word
        self._next()
        return word

    def _quoted(self) -> str:
        if self.kind != "text":
            self.stop()
        inner = self.word[1:-1]
        self._next()
        return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), inner)

    def _whole_number(self) -> int:
        if self.kind != "number" or not self.word.isdecimal() or len(self.word) > 6:
            self.stop()
        number = int(self.word)
        self._next()
        return number

    def _need(self, mark: str) -> None:
        if not self._take(mark):
            self.stop()

    def _take(self, mark: str) -> bool:
        found = self.kind == "mark" and self.word == mark
        if found:
            self._next()
        return found

    def _next(self) -> None:
        if self._at >= len(self._text):
            self.kind = self.word = ""
            return
        found = _TOKEN.match(self._text, self._at)
        if found is None or found.lastgroup is None:
            self.stop()
        self.kind, self.word, self._at = found.lastgroup, found[found.lastgroup], found.end()

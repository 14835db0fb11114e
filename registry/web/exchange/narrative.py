"""Show the text of a document section: known tags only, without attributes, everything else as plain text."""

from html.parser import HTMLParser

from markupsafe import Markup, escape

KEPT = frozenset(
    {"p", "ul", "ol", "li", "table", "caption", "thead", "tbody", "tr", "th", "td"}
    | {"b", "strong", "i", "em", "br", "dl", "dt", "dd"}
)
DROPPED = frozenset({"script", "style"})


class _Cleaner(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._open: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in DROPPED:
            self._silent += 1
        elif tag in KEPT:
            self.parts.append(f"<{tag}>")
            if tag != "br":
                self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in DROPPED:
            self._silent = max(0, self._silent - 1)
        elif tag in self._open:
            while True:
                last = self._open.pop()
                self.parts.append(f"</{last}>")
                if last == tag:
                    break

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(str(escape(data)))

    def finish(self) -> Markup:
        """Close what is still open."""
        self.parts += [f"</{tag}>" for tag in reversed(self._open)]
        return Markup("".join(self.parts))  # noqa: S704  (made of known tags and escaped text only)


def clean(text: str) -> Markup:
    """Return section text that is safe in a page."""
    cleaner = _Cleaner()
    cleaner.feed(text)
    cleaner.close()
    return cleaner.finish()

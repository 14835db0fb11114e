"""A person at a browser, as far as the story needs one: opens pages, fills forms, keeps cookies."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx
import pyotp


class PageFailed(Exception):
    """A page did not answer as a person would expect; says which and how, never what was typed."""


@dataclass
class Form:
    """One form: where it goes and the values its fields hold."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(found.get("action", ""), found.get("method", "get").lower()))
        elif self.forms and found.get("name"):
            self._field(tag, found)
        elif tag == "option" and self._select and "selected" in found:
            self.forms[-1].fields[self._select] = found.get("value", "")

    def _field(self, tag: str, found: dict[str, str]) -> None:
        name, kind = found["name"], found.get("type", "text")
        if tag == "select":
            self._select = name
            self.forms[-1].fields.setdefault(name, "")
        elif tag == "textarea":
            self.forms[-1].fields.setdefault(name, "")
        elif tag == "input" and (kind not in ("checkbox", "radio", "submit") or "checked" in found):
            self.forms[-1].fields[name] = found.get("value", "")


class Person:
    """Somebody signed in at one node, over real HTTP."""

    def __init__(self, base_url: str, host: str) -> None:
        """Talk to the loopback address under the host name people type."""
        self._client = httpx.Client(
            base_url=base_url,
            headers={"Host": host, "Origin": f"http://{host}", "Accept": "text/html"},
            follow_redirects=False,
            trust_env=False,
            timeout=30,
        )
        self._host = host

    def sign_in(self, name: str, password: str, totp_uri: str) -> None:
        """Sign in with password and one-time code."""
        code = pyotp.TOTP(secret_of(totp_uri)).now()
        self.submit("/sign-in", "/sign-in", name=name, password=password, code=code)

    def open(self, path: str) -> str:
        """Return a page; raise PageFailed unless it answers 200."""
        answer = self._client.get(path)
        if answer.status_code != httpx.codes.OK:
            raise PageFailed(f"{_neutral(path)} answered {answer.status_code}")
        return answer.text

    def submit(self, path: str, action: str, **values: str | list[str]) -> str:
        """Fill the form of a page that goes to `action` and send it; return where the node sends the
        person.
        """
        parser = _Forms()
        parser.feed(self.open(path))
        form = next((form for form in parser.forms if _path(form.action or path) == action), None)
        if form is None:
            raise PageFailed(f"{_neutral(path)} has no form for {_neutral(action)}")
        data: dict[str, str | list[str]] = {**form.fields, **values}
        answer = self._client.post(action, data=data)
        if answer.status_code not in (302, 303):
            raise PageFailed(f"{_neutral(action)} answered {answer.status_code} instead of going on")
        return _path(answer.headers["location"])

    def close(self) -> None:
        """Forget the session."""
        self._client.close()


def secret_of(totp_uri: str) -> str:
    """Return the secret in an otpauth address."""
    return httpx.URL(totp_uri).params["secret"]


def _path(address: str) -> str:
    return httpx.URL(address).path


def _neutral(path: str) -> str:
    return "/".join("…" if len(part) > 20 else part for part in path.split("?", maxsplit=1)[0].split("/"))

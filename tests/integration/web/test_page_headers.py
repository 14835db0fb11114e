"""Every answer carries the security headers; no page holds a script or a style of its own."""

import re

import pytest

from registry.web.routes import ROUTES
from tests.integration.web.conftest import Browser, Clinic

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
}
INLINE = re.compile(r"\sstyle=|<style|<script(?![^>]*\bsrc=)|\son[a-z]+=|javascript:", re.IGNORECASE)
OUTSIDE = re.compile(r"""(?:href|src|action)=["'](?:https?:)?//""")


def pages(clinic: Clinic) -> list[str]:
    """Give an address for every route that can be opened."""
    values = {"person_id": clinic.maria, "partner_id": "co", "consent_id": "none", "user_id": "none"}
    found = []
    for route in ROUTES:
        if route.methods == ("GET",):
            path = re.sub(r"<(\w+)>", lambda match: values.get(match[1], "none"), route.rule)
            found.append(path)
    return found


@pytest.mark.parametrize("who", ["clinician", "administrator", "nobody"])
def test_every_page_and_every_error_carries_the_headers(
    clinic: Clinic, signed_in, visitor: Browser, who: str
) -> None:
    browser = visitor if who == "nobody" else signed_in(who)
    for path in [*pages(clinic), "/nowhere", "/static/0/none.css", "/people/none"]:
        answer = browser.get(path)
        assert answer.status_code < 500, path
        for name, value in HEADERS.items():
            assert answer.headers.get(name) == value, (path, name)
        assert "camera=()" in answer.headers["Permissions-Policy"]


def test_forms_sent_without_a_token_carry_the_headers_too(clinic: Clinic, rosa: Browser) -> None:
    for route in ROUTES:
        if "POST" in route.methods:
            answer = rosa.client.post(re.sub(r"<\w+>", clinic.maria, route.rule))
            assert answer.status_code == 400, route.rule
            assert answer.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]


def test_no_page_holds_an_inline_script_or_style_or_an_address_of_another_host(
    clinic: Clinic, signed_in
) -> None:
    for role in ("clinician", "administrator"):
        browser = signed_in(role)
        for path in pages(clinic):
            text = browser.get(path).text
            assert not INLINE.search(text), (path, INLINE.search(text))
            assert not OUTSIDE.search(text), path


def test_static_files_are_kept_for_a_year_under_their_hash(clinic: Clinic, visitor: Browser) -> None:
    links = re.findall(r'(?:href|src)="(/static/[^"]+)"', visitor.get("/sign-in").text)
    assert len(links) >= 3
    for link in links:
        answer = visitor.client.get(link, headers={"Accept-Encoding": "gzip"})
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in answer.headers
    wrong = re.sub(r"/static/[0-9a-f]+/", "/static/0000000000000000/", links[0])
    assert visitor.client.get(wrong).status_code == 404


def test_the_first_page_weighs_less_than_70_kilobytes_compressed(visitor: Browser) -> None:
    import gzip

    page = visitor.get("/sign-in")
    links = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text))
    files = [visitor.client.get(link, headers={"Accept-Encoding": "gzip"}).data for link in links]
    assert len(gzip.compress(page.data)) + sum(map(len, files)) < 70_000


def test_titles_and_addresses_name_neither_the_illness_nor_the_person(clinic: Clinic, rosa: Browser) -> None:
    forbidden = {"hiv", "vih", "aids", "sida", "art", "arv"}
    for path in pages(clinic):
        for language in ("es", "pt", "en"):
            text = rosa.get(f"{path}?lang={language}").text
            title = re.search(r"<title>([^<]*)</title>", text)
            if title:
                assert not forbidden & set(re.findall(r"\w+", title[1].lower())), path
                assert "Rojas" not in title[1]
            for link in re.findall(r'(?:href|action)="([^"]*)"', text):
                assert "Rojas" not in link
                assert "12345678" not in link

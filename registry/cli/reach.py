"""Whether a partner's address answers."""

from urllib.parse import urlsplit

import httpx

from registry.crypto.partners.trust import Partner

SECONDS = 5.0


def problem_reaching(partner: Partner | None) -> str:
    """Return why a node cannot be reached, or an empty string; a partner that only sends has no address."""
    address = partner.endpoints.get("exchange", "") if partner else ""
    if not address:
        return ""
    parts = urlsplit(address)
    try:
        answer = httpx.get(
            f"{parts.scheme}://{parts.netloc}/healthz",
            timeout=SECONDS,
            trust_env=False,
            follow_redirects=False,
        )
    except httpx.HTTPError as error:
        return f"does not answer ({type(error).__name__})"
    return "" if answer.status_code == httpx.codes.OK else f"answers {answer.status_code}"

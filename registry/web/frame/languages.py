"""The language of a page: asked for in the address, else the person's, the browser's cookie's, the node's."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from babel import Locale, dates, numbers
from flask import Flask, g, request
from flask_babel import Babel, get_locale, ngettext
from flask_babel import gettext as _

from fhir.treatment.model import FhirDate
from registry.domain.model import User
from registry.web.frame.cookies import Cookies

LANGUAGES = ("es", "pt", "en")
NAMES = {"es": "Español", "pt": "Português", "en": "English"}
TRANSLATIONS = Path(__file__).resolve().parent.parent / "translations"
YEAR = 31_536_000


def register_languages(app: Flask, cookies: Cookies, default: str) -> None:
    """Prepare the catalogues; the first language of the node is the default."""

    def chosen() -> str:
        return choose(request.args.get("lang", ""), request.cookies.get(cookies.name("lang"), ""), default)

    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(TRANSLATIONS)
    Babel(app, default_locale=default, locale_selector=chosen)


def choose(asked: str, remembered: str, default: str) -> str:
    """Return the language asked for in the address, else that of the person, the cookie, the node."""
    own = g.get("language", "")
    return next((code for code in (asked, own, remembered, default) if code in LANGUAGES), "es")


def remember_person(user: User, session_language: str) -> None:
    """Use what the person chose in this session, else what stands in their account."""
    g.language = session_language or user.language


def language() -> str:
    """Return the code of the page's language."""
    return locale().language


def locale() -> Locale:
    """Return the page's locale; outside a page Spanish."""
    found = get_locale()
    return found if isinstance(found, Locale) else Locale("es")


def day(value: date | FhirDate | None) -> str:
    """Write a day as people read it, with the precision it has: `5 mar 2026`, `marzo de 2026`, `2026`."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return dates.format_date(value, "d MMM y", locale=locale())
    if value.precision == "day":
        return dates.format_date(value.earliest, "d MMM y", locale=locale())
    skeleton = "yMMMM" if value.precision == "month" else "y"
    return dates.format_skeleton(skeleton, value.earliest, locale=locale())


def moment(value: datetime) -> str:
    """Write a local day and time."""
    return f"{day(value)}, {dates.format_time(value, 'HH:mm', locale=locale())}"


def number(value: int | Decimal) -> str:
    """Write a number with the separators of the language."""
    return str(numbers.format_decimal(value, locale=locale()))


def age_of(value: date | FhirDate, today: date) -> str:
    """Write how old a fact is: `14 days ago`, `7 months ago`."""
    then = value if isinstance(value, date) else value.earliest
    days = max((today - then).days, 0)
    if days == 0:
        return str(_("today"))
    if days < 60:
        return str(ngettext("%(num)s day ago", "%(num)s days ago", days))
    if days < 730:
        return str(ngettext("%(num)s month ago", "%(num)s months ago", days * 12 // 365))
    return str(ngettext("%(num)s year ago", "%(num)s years ago", days // 365))

"""Come in, go out, change the language, leave the screen."""

import calendar
from urllib.parse import urlsplit

from babel import dates
from flask import make_response, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from registry.errors import NotSignedIn, TooMany
from registry.usecases.access import sign_in
from registry.web.frame import languages
from registry.web.frame.desk import Desk
from registry.web.frame.reading import Sheet


def show(desk: Desk) -> Response | str:
    """Show the one page of sign-in; somebody who is signed in goes on."""
    target = inside(request.args.get("next", ""))
    if desk.who is not None:
        return redirect(target, 303)
    return render_template("access/sign_in.html", sheet=Sheet(), next=target)


def enter(desk: Desk) -> Response:
    """Check name, password and code together; every failure gets the same answer."""
    sheet = Sheet(request.form)
    target = inside(sheet.raw("next"))
    name = sheet.text("name", _("Type your name."))
    password, code = sheet.raw("password")[:1000], sheet.text("code", longest=20)
    if not password:
        sheet.refuse("password", _("Type your password."))
    if not sheet.errors:
        try:
            desk.frame.limits.sign_in(name)
            done = sign_in.sign_in(desk.services, name, password, code)
        except TooMany:
            sheet.refuse("name", _("Too many attempts. Wait five minutes, then try with a new code."))
            return make_response(_page(sheet, target), 429)
        except NotSignedIn:
            sheet.refuse(
                "name",
                _(
                    "Name, password and code do not fit together. Try again with a new code. "
                    "After five failures an account rests for five minutes."
                ),
            )
        else:
            response = redirect(target, 303)
            desk.frame.cookies.set(response, desk.frame.cookies.session, done.cookie)
            desk.frame.cookies.drop(response, desk.frame.cookies.name("form"))
            return response
    return make_response(_page(sheet, target), 422 if sheet.errors else 200)


def leave(desk: Desk) -> Response:
    """End the session on the server and forget every cookie of it."""
    cookies = desk.frame.cookies
    value = request.cookies.get(cookies.session, "")
    if value:
        sign_in.sign_out(desk.services, value)
    response = redirect("/sign-in", 303)
    for name in (cookies.session, cookies.name("recent"), cookies.name("form")):
        cookies.drop(response, name)
    response.headers["Clear-Site-Data"] = '"cache"'
    desk.frame.notices.leave(response, "signed-out")
    return response


def speak(desk: Desk) -> Response:
    """Change the language of the pages, for the session and for the next sign-in."""
    code = request.form.get("language", "")
    response = redirect(inside(request.form.get("back", "")), 303)
    if code in languages.LANGUAGES:
        cookies = desk.frame.cookies
        cookies.set(response, cookies.name("lang"), code, languages.YEAR)
        if desk.who is not None:
            sign_in.set_language(desk.services, request.cookies.get(cookies.session, ""), code)
    return response


def away(desk: Desk) -> str:
    """Show a calendar: a page that says nothing of this place, needs no other host and works on any line."""
    today, locale = desk.services.today(), languages.locale()
    names = dates.get_day_names("abbreviated", locale=locale)
    return render_template(
        "away.html",
        month=dates.format_skeleton("yMMMM", today, locale=locale),
        weekdays=[names[number] for number in range(7)],
        weeks=calendar.Calendar().monthdayscalendar(today.year, today.month),
        today=today.day,
    )


def inside(target: str) -> str:
    """Return an address of our own pages; anything else becomes the first page."""
    parts = urlsplit(target)
    foreign = parts.scheme or parts.netloc or not target.startswith("/") or target.startswith(("//", "/\\"))
    return "/" if foreign or not target.isprintable() or "\\" in target else target


def _page(sheet: Sheet, target: str) -> str:
    return render_template("access/sign_in.html", sheet=sheet, next=target)

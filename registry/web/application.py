"""Put the pages into an application: languages, tokens, limits, headers, static files, routes, errors."""

from importlib.metadata import PackageNotFoundError, version
from urllib.parse import urlencode

from flask import Blueprint, Flask, Response, g, request
from flask_wtf.csrf import CSRFProtect, generate_csrf
from jinja2 import StrictUndefined

from registry.domain.access import rules
from registry.ports import Services
from registry.web import wording
from registry.web.frame import assets, languages
from registry.web.frame.cookies import Cookies
from registry.web.frame.desk import Desk, Frame, desk
from registry.web.frame.errors import register_errors
from registry.web.frame.form_tokens import check_origin, register_form_tokens
from registry.web.frame.headers import register_headers
from registry.web.frame.limits import Limits
from registry.web.frame.notices import Notices
from registry.web.frame.secret import signing_secret
from registry.web.routes import ROUTES, Route

LARGEST_FORM = 100_000
"""Bytes of a form; the largest real one has some 2,000."""


def register(app: Flask, services: Services) -> None:
    """Add every page of the node to the application."""
    secret = signing_secret(services)
    cookies = Cookies(services.settings)
    notices = Notices(cookies, secret)
    frame = Frame(services, cookies, Limits(app, services.settings), notices, secret)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_FORM
    register_headers(app)
    languages.register_languages(app, cookies, services.node.languages[0])
    protect = register_form_tokens(app, cookies, secret)
    pages = Blueprint("web", __name__, template_folder="templates", static_folder=None)
    _add_hooks(pages, frame, protect)
    register_errors(app, frame)
    for route in ROUTES:
        _add_route(pages, frame, route)
    _add_static(pages)
    _add_words(app, frame)
    app.register_blueprint(pages)


def _add_hooks(pages: Blueprint, frame: Frame, protect: CSRFProtect) -> None:
    def before() -> None:
        if request.endpoint == "web.static_file":
            return
        g.desk_tried = True
        here = desk(frame)
        if here.who is not None:
            languages.remember_person(here.who.user, here.who.session.language)
        if request.method == "POST":
            check_origin(frame.services.settings.web_url)
            protect.protect()

    def after(response: Response) -> Response:
        if response.status_code == 200 and g.get("notice_shown"):
            frame.notices.drop(response)
        return response

    pages.before_request(before)
    pages.after_request(after)


def _add_route(pages: Blueprint, frame: Frame, route: Route) -> None:
    def answer(**values: str) -> object:
        here = desk(frame)
        if not route.open:
            here.signed_in()
        return route.view(here, **values)

    pages.add_url_rule(route.rule, route.name, answer, methods=list(route.methods))  # type: ignore[arg-type]


def _add_static(pages: Blueprint) -> None:
    files = assets.read_assets()

    def static_file(digest: str, name: str) -> Response:
        return assets.answer(files, digest, name)

    pages.add_url_rule("/static/<digest>/<path:name>", "static_file", static_file)
    pages.add_app_template_global(lambda name: assets.address(files, name), "asset")


def _add_words(app: Flask, frame: Frame) -> None:
    """Give templates what every page needs: the desk, the waiting notice, writers of dates and numbers."""

    def notice() -> str:
        g.notice_shown = True
        return frame.notices.waiting()

    app.jinja_env.globals.update(
        allowed=lambda here, action: rules.can(here.caller, action),
        csrf_token=generate_csrf,
        data_classes=wording.exchange.data_classes,
        here=lambda: _desk_or_nobody(frame),
        language=languages.language,
        language_names=languages.NAMES,
        notice=notice,
        this_address=lambda: _this_address(app),
        node=frame.services.node,
        version=_version(),
        words=wording,
        word=wording.word,
        tone=wording.tone,
        advice=wording.advice,
    )
    zone = frame.services.node.time_zone
    app.jinja_env.filters.update(
        age_of=languages.age_of,
        day=languages.day,
        local=lambda at: at.astimezone(zone),
        moment=languages.moment,
        number=languages.number,
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def _desk_or_nobody(frame: Frame) -> Desk:
    """Return the desk, or an empty one where even finding out who asks has failed."""
    return desk(frame) if "desk" in g or not g.get("desk_tried") else Desk(frame, None)


def _this_address(app: Flask) -> str:
    """Return where a person is, so that a change of language leads back; from a sent form to its page."""
    query = [(key, value) for key, value in request.args.items(multi=True) if key != "lang"]
    if request.method == "GET":
        return f"{request.path}?{urlencode(query)}" if query else request.path
    adapter = app.create_url_adapter(request)
    return request.path if adapter and "GET" in adapter.allowed_methods(request.path) else "/"


def _version() -> str:
    try:
        return version("puente")
    except PackageNotFoundError:
        return "0.1.0"

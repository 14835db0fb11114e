"""Names and flags of the cookies this node sets."""

from urllib.parse import urlsplit

from werkzeug.wrappers import Response

from config import Settings


class Cookies:
    """The cookies of one node: `__Host-` names on https, names with the node's code on plain loopback.

    Browsers share cookies between the ports of one host, hence the code.
    """

    def __init__(self, settings: Settings) -> None:
        self._secure = urlsplit(settings.web_url).scheme == "https"
        self.session = "__Host-puente" if self._secure else f"puente_{settings.node.code}"

    def name(self, purpose: str) -> str:
        """Return the name of a second cookie, for example `notice`."""
        return f"{self.session}-{purpose}"

    def set(self, response: Response, name: str, value: str, max_age: int | None = None) -> None:
        """Set a cookie that scripts and other sites never get; without `max_age` it ends with the browser."""
        response.set_cookie(
            name, value, max_age=max_age, path="/", secure=self._secure, httponly=True, samesite="Strict"
        )

    def drop(self, response: Response, name: str) -> None:
        """Remove a cookie."""
        response.delete_cookie(name, path="/", secure=self._secure, httponly=True, samesite="Strict")

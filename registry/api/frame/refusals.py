"""Refusals that only HTTP knows, beside those of the use cases."""

from registry.errors import Refusal


class NotAcceptable(Refusal):
    """The caller takes no format we speak."""

    code, status = "not-supported", 406


class UnsupportedMedia(Refusal):
    """The body has no content type we take."""

    code, status = "not-supported", 415

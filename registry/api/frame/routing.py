"""Parts of addresses that the routing reads itself."""

from werkzeug.routing import BaseConverter


class TypeName(BaseConverter):
    """The name of a resource type: never `_history`, `$everything` or another word of the interface."""

    regex = "[A-Z][A-Za-z]{1,63}"

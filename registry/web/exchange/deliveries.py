"""Where every message is: the list of the node, one message, and its line that renews itself."""

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from registry.usecases.exchange.sending import deliveries
from registry.web.frame.desk import Desk
from registry.web.wording.exchange import FINAL

PAGE, MOST = 30, 300


def show(desk: Desk) -> str:
    """List the newest messages of the node."""
    asked = request.args.get("show", "")
    limit = min(int(asked), MOST) if asked.isascii() and asked.isdecimal() and len(asked) < 5 else PAGE
    items = deliveries.deliveries(desk.services, desk.caller, limit)
    more = min(limit + PAGE, MOST) if len(items) >= limit and limit < MOST else 0
    return render_template("exchange/deliveries.html", items=items, more=more, names=_names(desk))


def one(desk: Desk, item_id: str) -> str:
    """Show one message with its state and what to do."""
    item = deliveries.delivery(desk.services, desk.caller, item_id)
    return render_template("exchange/delivery.html", item=item, final=item.state in FINAL, names=_names(desk))


def line(desk: Desk, item_id: str) -> Response:
    """Answer with the state line, or with nothing while it has not changed."""
    item = deliveries.delivery(desk.services, desk.caller, item_id)
    if not request.headers.get("HX-Request"):
        return redirect(url_for("web.delivery", item_id=item_id), 303)
    if request.args.get("seen") == item.state:
        return make_response("", 204)
    return make_response(render_template("exchange/line.html", item=item, final=item.state in FINAL))


def retry(desk: Desk, item_id: str) -> Response:
    """Put a message that waits for a person back into the queue."""
    deliveries.retry_parked(desk.services, desk.caller, item_id)
    response = redirect(url_for("web.delivery", item_id=item_id), 303)
    desk.frame.notices.leave(response, "retried")
    return response


def _names(desk: Desk) -> dict[str, str]:
    return {partner.id: partner.name for partner in desk.node.partners}

"""Where each sealed column belongs, so that it can be opened and sealed again under another key."""

from collections.abc import Callable, Mapping

from registry.domain.keys.sealed import SealedRow
from registry.usecases.access.sign_in import totp_place
from registry.usecases.care.chart.gather import document_place
from registry.usecases.care.record import sealing
from registry.usecases.exchange.receiving import receive
from registry.usecases.keys import approvals

Place = tuple[str, str, str, int]


def _resource(row: SealedRow) -> Place:
    resource_type, resource_id, version = row.key
    return sealing.place(str(resource_type), str(resource_id), int(version))


PLACES: Mapping[str, Callable[[SealedRow], Place]] = {
    "resource": _resource,
    "resource_version": _resource,
    "received_document": lambda row: document_place(str(row.key[0]), "body"),
    "received_document.findings": lambda row: document_place(str(row.key[0]), "findings"),
    "outbox": lambda row: ("outbox", str(row.key[0]), "body", 1),
    "inbox": lambda row: receive.body_place(str(row.key[0])),
    "inbox.findings": lambda row: receive.findings_place(str(row.key[0])),
    "app_user": lambda row: totp_place(str(row.key[0])),
    "approval": lambda row: approvals.place(str(row.key[0])),
}


def of(row: SealedRow) -> Place:
    """Return (table, row id, column, revision) of an envelope."""
    return PLACES[row.kind](row)

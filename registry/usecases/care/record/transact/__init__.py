"""Transaction Bundles: all or nothing (https://hl7.org/fhir/R4/http.html#transaction)."""

from registry.usecases.care.record.transact.carry_out import transact
from registry.usecases.care.record.transact.entries import MOST_ENTRIES

__all__ = ["MOST_ENTRIES", "transact"]

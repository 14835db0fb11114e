"""The one table between states of a transfer and Task.status with Task.businessStatus.

Source: https://hl7.org/fhir/R4/task.html (status list); the business codes are this project's own.
"""

from typing import Literal, get_args

TransferState = Literal[
    "proposed", "sent", "received", "accepted", "closed", "refused", "overdue", "cancelled"
]

_TABLE: dict[TransferState, tuple[str, str]] = {
    "proposed": ("draft", "proposed"),
    "sent": ("requested", "sent"),
    "received": ("received", "received"),
    "accepted": ("accepted", "accepted"),
    "closed": ("completed", "first-dispense"),
    "refused": ("rejected", "declined"),
    "overdue": ("on-hold", "not-arrived"),
    "cancelled": ("cancelled", "cancelled"),
}
STATES: tuple[TransferState, ...] = get_args(TransferState)

_BY_BUSINESS = {business: state for state, (_, business) in _TABLE.items()}
# What other programmes' Tasks mean when they carry none of our business codes.
_BY_STATUS: dict[str, TransferState] = {
    **{status: state for state, (status, _) in _TABLE.items()},
    "ready": "accepted",
    "in-progress": "accepted",
    "failed": "refused",
    "entered-in-error": "cancelled",
}


def coded(state: TransferState) -> tuple[str, str]:
    """Return Task.status and the code of Task.businessStatus of a state."""
    return _TABLE[state]


def state_of(status: str, business: str) -> TransferState | None:
    """Return the state a Task is in; our business code counts only beside its own status, else the status
    decides.
    """
    named = _BY_BUSINESS.get(business)
    if named is not None and _TABLE[named][0] == status:
        return named
    return _BY_STATUS.get(status)

"""Transfers of care as ServiceRequest + Task, their states, and the Bundle that asks a partner for one."""

from fhir.transfer.reasons import OTHER, REASONS, reason_of, refused_task
from fhir.transfer.refusals import NotARequest, NotATransfer
from fhir.transfer.request import Request, consent_digest, read_request, request_bundle
from fhir.transfer.states import STATES, TransferState, coded, state_of
from fhir.transfer.tasks import (
    NewTransfer,
    TaskNews,
    read_task,
    task_bundle,
    task_with_state,
    transfer_fact,
    transfer_request,
)

__all__ = [
    "OTHER",
    "REASONS",
    "STATES",
    "NewTransfer",
    "NotARequest",
    "NotATransfer",
    "Request",
    "TaskNews",
    "TransferState",
    "coded",
    "consent_digest",
    "read_request",
    "read_task",
    "reason_of",
    "refused_task",
    "request_bundle",
    "state_of",
    "task_bundle",
    "task_with_state",
    "transfer_fact",
    "transfer_request",
]

"""Addresses of the guide that brings topics to R4: Subscriptions R5 Backport 1.1.

Source: https://hl7.org/fhir/uv/subscriptions-backport/
"""

from typing import Literal

State = Literal["requested", "active", "error", "off"]
Content = Literal["empty", "id-only"]
Notice = Literal["handshake", "heartbeat", "event-notification", "query-status", "query-event"]

IG = "http://hl7.org/fhir/uv/subscriptions-backport"
_STRUCTURE = f"{IG}/StructureDefinition"
PROFILE = f"{_STRUCTURE}/backport-subscription"
NOTIFICATION = f"{_STRUCTURE}/backport-subscription-notification-r4"
STATUS = f"{_STRUCTURE}/backport-subscription-status-r4"
FILTER = f"{_STRUCTURE}/backport-filter-criteria"
CONTENT = f"{_STRUCTURE}/backport-payload-content"
HEARTBEAT = f"{_STRUCTURE}/backport-heartbeat-period"
TIMEOUT = f"{_STRUCTURE}/backport-timeout"
MAX_COUNT = f"{_STRUCTURE}/backport-max-count"
TOPICS = f"{_STRUCTURE}/capabilitystatement-subscriptiontopic-canonical"
OPERATION = f"{IG}/OperationDefinition/backport-subscription"

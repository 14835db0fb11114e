"""All tables of a node; the key table has its own metadata because it lives and is backed up apart."""

from registry.store.tables import access, care, exchange, jobs, kept, safeguards, subscriptions
from registry.store.tables.columns import metadata
from registry.store.tables.keys import KEYS, owner_key

MAIN = metadata()

resource = care.resource_table(MAIN)
resource_version = care.resource_version_table(MAIN)
person = care.person_table(MAIN)
search_token = care.search_token_table(MAIN)
consent = care.consent_table(MAIN)
received_document = care.received_document_table(MAIN)
transfer = care.transfer_table(MAIN)
care_state = care.care_state_table(MAIN)
kept_summary = kept.kept_summary_table(MAIN)

outbox = exchange.outbox_table(MAIN)
inbox = exchange.inbox_table(MAIN)
alias = exchange.alias_table(MAIN)
alias_seq = exchange.alias_seq_table(MAIN)
receipt = exchange.receipt_table(MAIN)

subscription = subscriptions.subscription_table(MAIN)
subscription_event = subscriptions.subscription_event_table(MAIN)

job = jobs.job_table(MAIN)
job_part = jobs.job_part_table(MAIN)

app_user = access.app_user_table(MAIN)
session = access.session_table(MAIN)
access_token = access.access_token_table(MAIN)
jti = access.jti_table(MAIN)
audit_event = access.audit_event_table(MAIN)
audit_waiting = access.audit_waiting_table(MAIN)
audit_chain = access.audit_chain_table(MAIN)
audit_checkpoint = access.audit_checkpoint_table(MAIN)

approval = safeguards.approval_table(MAIN)
tombstone = safeguards.tombstone_table(MAIN)
heartbeat = access.heartbeat_table(MAIN)

__all__ = ["KEYS", "MAIN", "owner_key"]

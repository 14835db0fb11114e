"""Repositories of the exchange: outbox, inbox, aliases, receipts."""

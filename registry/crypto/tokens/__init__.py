"""Signed and encrypted tokens: messages, notes, receipts, client assertions."""

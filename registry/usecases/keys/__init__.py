"""Walks of those who look after keys: two-person approvals, rotation, inventory."""

"""Subscriptions to topics: what a partner may ask for, and the notifications it gets (Backport guide 1.1)."""

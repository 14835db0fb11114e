"""Approvals, erasures, and the sealed rows under a key."""

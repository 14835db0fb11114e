"""Erasing a person: what can be removed is removed, the key is destroyed, a tombstone stays."""

"""Searching sealed data: spellings and blind tokens."""

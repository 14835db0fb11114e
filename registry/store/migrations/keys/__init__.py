"""The history of the key table."""

"""Registering people and finding them again."""

"""Sealing data at rest: envelopes, the owners' keys and the files of a node's secrets."""

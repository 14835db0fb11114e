"""The keys that wrap all others: in files, in a key module, or at a key service."""

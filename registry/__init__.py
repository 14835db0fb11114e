"""The registry of one node: rules, use cases, storage, cryptography and HTTP."""

"""Repositories of the record: resources, people, consents, documents, transfers, care states."""

"""Long work on many people: export and import of NDJSON, in steps that may stop at any moment."""

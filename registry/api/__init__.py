"""The HTTP interface for systems: FHIR, tokens, exchange, health. Calls use cases and holds no rule."""

from registry.api.application import PREFIXES, make_api

__all__ = ["PREFIXES", "make_api"]

"""The pages that people use: forms, templates, languages. Calls use cases; holds no rule and no query."""

from registry.web.application import register

__all__ = ["register"]

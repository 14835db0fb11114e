"""FHIR R4 resources and bytes to plain values, beside the library that owns the same import name."""

from pkgutil import extend_path

__path__ = extend_path(__path__, __name__)

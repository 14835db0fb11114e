"""Parts of a resource: what `_summary` and `_elements` leave of it.

Sources: https://hl7.org/fhir/R4/search.html#summary and #elements
"""

from fhir.elements.views import View, asked, shown

__all__ = ["View", "asked", "shown"]

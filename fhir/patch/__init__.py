"""Change a resource by instructions instead of sending it whole: JSON Patch and FHIRPath Patch."""

from fhir.patch.fhirpath_patch import changed_by_parameters
from fhir.patch.json_patch import changed_by_operations
from fhir.patch.refusal import BadPatch

__all__ = ["BadPatch", "changed_by_operations", "changed_by_parameters"]

"""Rules of care: supply, regimen, flags and risk. Pure functions over the values of fhir.treatment.model."""

"""What FHIR operations ask of a person's record as a whole."""

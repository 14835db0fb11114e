"""Long work over HTTP: ask, look where it is, fetch, end (https://hl7.org/fhir/R4/async.html)."""

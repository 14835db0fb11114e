"""Subscriptions of partners over HTTP (https://hl7.org/fhir/uv/subscriptions-backport/)."""

"""Repositories of sign-in and the audit trail."""

"""Access rules and the audit trail's arithmetic."""

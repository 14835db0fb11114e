"""Access: sign-in, users, system tokens and the audit trail."""

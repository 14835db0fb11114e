"""Questions of partners: read, weighed against their consent, answered here or decided by a person."""

"""Pure rules: no storage, no HTTP, no clock of their own."""

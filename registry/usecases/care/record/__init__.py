"""Writing and reading resources, sealed, with their versions."""

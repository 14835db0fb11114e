"""Storage of long work and of the big readings and writings it needs."""

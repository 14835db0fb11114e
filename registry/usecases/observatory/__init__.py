"""Observatory: counts that are safe to publish."""

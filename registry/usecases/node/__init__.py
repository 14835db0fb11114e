"""The node itself: is it well, and what would make it well."""

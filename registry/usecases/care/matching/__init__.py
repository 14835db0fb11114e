"""Who of this registry a system asks about: matching by demographics, identifiers of other domains."""

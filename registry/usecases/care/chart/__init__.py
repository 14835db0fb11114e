"""Everything known of one person, from every source, on one page."""

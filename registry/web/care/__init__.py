"""Pages about one person: find, register, look, hand over medicine, see who has looked."""

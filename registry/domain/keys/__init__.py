"""Keys as values: what there is, who agreed to dangerous acts on them, and what was destroyed."""

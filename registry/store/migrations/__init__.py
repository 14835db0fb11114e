"""Two histories of the schema: the node's database and the key table."""

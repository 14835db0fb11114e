"""The history of the node's database."""

"""How each kind of search parameter reads its values and compares them with elements."""

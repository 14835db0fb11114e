"""Keys, sealing, blind indexes, signed messages, sign-in secrets: the only folder that calls ciphers."""

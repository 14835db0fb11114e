"""What every answer of the interface shares: reading, negotiation, errors, headers, measurements."""

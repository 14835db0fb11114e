"""Search on sealed data: tokens and owners narrow, opened resources decide."""

"""Rules of the exchange: retries and states."""

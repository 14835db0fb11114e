"""What every page shares: who is signed in, headers, tokens, limits, languages, static files, errors."""

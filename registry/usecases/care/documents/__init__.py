"""Documents of a person: brought in, listed and handed out (IHE MHD)."""

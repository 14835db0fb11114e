"""Documents over HTTP: brought in, listed, and handed out as they are (IHE MHD)."""

"""Documents and what is said about them: DocumentReference, and the Bundles that bring both (IHE MHD)."""

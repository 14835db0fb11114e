"""Exchange: consents, asking, sending, receiving, receipts and transfers."""

"""What arrives: kept sealed before it is understood, matched, and shown with its findings."""

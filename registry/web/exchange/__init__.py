"""Pages of what leaves and what comes in: consents, questions, summaries, deliveries, documents of others."""

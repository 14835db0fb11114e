"""What leaves: questions, summaries, news of transfers, and where each message is."""

"""Tell partners what happened to people they may see: subscriptions to topics, sent through the outbox."""

"""Queues: the outbox, sending, and consumers."""

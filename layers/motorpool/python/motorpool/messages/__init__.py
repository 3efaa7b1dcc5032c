"""Queues: the dispatcher of the table's stream, sending, and consumers."""

"""What happened, as the APIs show it."""

"""Who is calling, and what they may do: clients, tokens, scopes, rate limits, secrets."""

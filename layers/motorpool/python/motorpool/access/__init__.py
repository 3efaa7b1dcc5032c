"""Authentication and authorization: clients, tokens, scopes, rate limits, secrets."""

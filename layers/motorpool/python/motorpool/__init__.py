"""Motorpool's own package: the domain, its store, and what stands between them and Lambda."""

"""Transfers: a vehicle's way from one organization of a supplier to another."""

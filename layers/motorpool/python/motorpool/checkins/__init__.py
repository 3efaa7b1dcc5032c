"""Mileage check-ins and their review."""

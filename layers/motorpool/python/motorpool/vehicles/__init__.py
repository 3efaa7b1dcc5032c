"""Vehicles: VINs, plates, owners, drivers, and the chain of custody."""

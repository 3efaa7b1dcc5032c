"""The history of a vehicle: numbered entries that cannot be changed unseen."""

"""Transfers of vehicles between the organizations of a supplier."""

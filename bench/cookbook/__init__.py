"""The handler-cookbook's create-order, as far as importing it goes, for comparison."""

"""The usual stack: what most services of this kind are built from, for comparison."""

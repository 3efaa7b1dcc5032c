"""Motorpool's own package: the domain, its store, and what stands between them and Lambda."""

import gc

# What an import makes stays: looking for garbage among it was a tenth of a cold start's CPU.
gc.set_threshold(100_000)

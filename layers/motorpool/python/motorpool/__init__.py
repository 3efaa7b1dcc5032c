"""Motorpool's own package: one subpackage per capability, and the modules that all of them use."""

import gc
import os

if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # Collect rarely: an import leaves no garbage, and collections took a tenth of a start's CPU.
    gc.set_threshold(100_000)

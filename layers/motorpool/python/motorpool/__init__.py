"""Motorpool's own package: a room per capability, and below them what all of them stand on."""

import gc
import os

if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # What a function's import makes stays: looking for garbage in it was a tenth of a start's CPU.
    gc.set_threshold(100_000)

"""The proof: that the system holds when nobody is kind to it."""

import os
import tempfile
from pathlib import Path

# Set while tests are collected, so that it is there when the engine is started: all that the
# functions ask of AWS in this session, whichever tests make them do it.
CALLS = Path(tempfile.mkdtemp(prefix="motorpool-calls-")) / "calls.jsonl"
os.environ["MOTORPOOL_CALLS"] = str(CALLS)

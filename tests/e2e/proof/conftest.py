"""The proof: that the system holds when nobody is kind to it."""

import os
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.proof.world import Api

# Set while tests are collected, so that it is there when the engine is started: all that the
# functions ask of AWS in this session, whichever tests make them do it.
CALLS = Path(tempfile.mkdtemp(prefix="motorpool-calls-")) / "calls.jsonl"
os.environ["MOTORPOOL_CALLS"] = str(CALLS)


@pytest.fixture(scope="session")
def api(stack: dict[str, Any]) -> Api:
    """Both APIs of the stack under test."""
    return Api(stack)

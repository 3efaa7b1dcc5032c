"""`stack.json`: where the stack on this machine is, and the credentials of its demo world."""

import json
import os
from pathlib import Path
from typing import Any


def write(stack: dict[str, Any], file: Path) -> None:
    """Write `stack` to the file, readable by this user only: it holds secrets."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(stack, indent=2))
    os.chmod(unfinished, 0o600)
    unfinished.replace(file)


def read(file: Path) -> dict[str, Any]:
    """What `write` wrote; empty when there is no such file, or it cannot be read as JSON."""
    try:
        stack: dict[str, Any] = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return stack

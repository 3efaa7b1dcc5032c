"""Starts a fresh interpreter that answers events with one function, and measures it."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.exchange import Call
from bench.packages import Package

SCRIPT = Path(__file__).with_name("fresh.py")


@dataclass(frozen=True, slots=True)
class Start:
    """One start. Seconds of CPU: `cpu` until the first answer, `imported` until the end of the
    import, `first` of the first answer."""

    cpu: float
    imported: float
    first: float
    modules: int
    answer: Any
    warm: Mapping[str, Any]
    each: Sequence[Mapping[str, float]]
    log_bytes: int

    @property
    def succeeded(self) -> bool:
        """Whether the first answer is a success."""
        if not isinstance(self.answer, dict):
            return False
        return self.answer.get("statusCode", 200) < 400 and not self.answer.get("batchItemFailures")


def started(
    package: Package,
    function: str,
    events: Sequence[Any],
    environment: Mapping[str, str],
    *,
    snapshot: bool = False,
    answers: Sequence[Call] = (),
    warm: int = 0,
    timed: bool = False,
) -> Start:
    """Start an interpreter that can import the package only. Raises RuntimeError when it fails.

    `snapshot`: run the SnapStart hooks before the first event, and do not count them as part of its
    answer.
    """
    asked = {
        "path": [str(folder) for folder in package.path],
        "environment": dict(environment),
        "function": function,
        "events": list(events),
        "snapshot": snapshot,
        "answers": [call.as_json() for call in answers],
        "warm": warm,
        "timed": timed,
    }
    with subprocess.Popen(
        [sys.executable, "-I", "-S", "-B", SCRIPT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        output, errors = process.communicate(json.dumps(asked).encode())
    if process.returncode:
        raise RuntimeError(f"{function} failed:\n{errors.decode()[-3000:]}")
    measured = json.loads(errors.decode().rpartition("\n")[2])
    return Start(
        cpu=measured["cpu"],
        imported=measured["imported"],
        first=measured["first"],
        modules=measured["modules"],
        answer=measured["answer"],
        warm=measured.get("warm", {}),
        each=measured.get("each", ()),
        log_bytes=len(output),
    )

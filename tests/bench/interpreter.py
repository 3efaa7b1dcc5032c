"""A fresh interpreter that answers events with one function, and what that took."""

import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.exchange import Call
from tests.bench.packages import Package

SCRIPT = Path(__file__).with_name("fresh.py")


@dataclass(frozen=True, slots=True)
class Start:
    """One start. Seconds; `cpu` and `wall` from the process's start to its first answer."""

    cpu: float
    wall: float
    imported: float
    modules: int
    answer: Any
    warm: Mapping[str, float]
    each: Sequence[Mapping[str, float]]
    log_bytes: int

    @property
    def succeeded(self) -> bool:
        """Whether the first answer is one that the caller hoped for."""
        if not isinstance(self.answer, dict):
            return False
        return self.answer.get("statusCode", 200) < 400 and not self.answer.get("batchItemFailures")


def started(
    package: Package,
    function: str,
    events: Sequence[Any],
    environment: Mapping[str, str],
    *,
    answers: Sequence[Call] = (),
    warm: int = 0,
    timed: bool = False,
) -> Start:
    """Start an interpreter that sees nothing but the package. Raises RuntimeError when it fails."""
    asked = {
        "path": [str(folder) for folder in package.path],
        "environment": dict(environment),
        "function": function,
        "events": list(events),
        "answers": [call.as_json() for call in answers],
        "warm": warm,
        "timed": timed,
    }
    began = time.monotonic()
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
        wall=measured["ended"] - began,
        imported=measured["imported"],
        modules=measured["modules"],
        answer=measured["answer"],
        warm=measured.get("warm", {}),
        each=measured.get("each", ()),
        log_bytes=len(output),
    )

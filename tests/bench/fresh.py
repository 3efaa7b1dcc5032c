"""One function in an interpreter of its own, as Lambda starts it; run as a script, never imported.

Reads one JSON object from standard input: `path` (folders to import from, before the standard
library), `environment`, `function`, `events`, `answers` (recorded AWS answers, for the warm part),
`warm` (how many calls to time with answers from memory), `timed` (whether each of `events` after
the first is timed by itself). Writes one JSON object as the last line of standard error. Nothing
but the standard library is imported before the clock has been read.
"""

import json
import os
import sys
import time
from typing import Any

asked: dict[str, Any] = json.load(sys.stdin)
os.environ.clear()
os.environ.update(asked["environment"])
sys.path[:0] = asked["path"]


class Context:
    """Lambda's context object, as far as Powertools reads it."""

    function_name = f"motorpool-{asked['function']}"
    memory_limit_in_mb = 512
    invoked_function_arn = f"arn:aws:lambda:us-east-1:123456789012:function:{function_name}"
    aws_request_id = "6f0c1d9e-5a4b-4c3d-8e2f-1a0b9c8d7e6f"


def cold() -> tuple[Any, dict[str, Any], Any]:
    """Import the handler and answer the first event: the handler, the figures, the answer.

    CPU counts from the start of the process, so that the interpreter's own is in it.
    """
    from handler import handler  # type: ignore[import-not-found]  # each function's own

    imported = time.process_time()
    answer = handler(asked["events"][0], Context)
    figures = {
        "cpu": time.process_time(),
        "imported": imported,
        "ended": time.monotonic(),
        "modules": len(sys.modules),
    }
    return handler, figures, answer


def timed(handler: Any) -> list[dict[str, float]]:
    """Wall and CPU time (s) of each event after the first, and the status it was answered with."""
    figures = []
    for event in asked["events"][1:]:
        cpu, wall = time.process_time(), time.perf_counter()
        answer = handler(event, Context)
        figures.append(
            {
                "wall": time.perf_counter() - wall,
                "cpu": time.process_time() - cpu,
                "status": answer.get("statusCode", 200),
            }
        )
    return figures


def cpu_per_call(handler: Any) -> float:
    """CPU time (s) of a call of the first event, over `warm` calls after a tenth of warming up."""
    for _ in range(max(2, asked["warm"] // 10)):
        handler(asked["events"][0], Context)
    began = time.process_time()
    for _ in range(asked["warm"]):
        handler(asked["events"][0], Context)
    took: float = (time.process_time() - began) / asked["warm"]
    return took


def warm(handler: Any) -> dict[str, float]:
    """CPU per call with AWS's answers from memory: in the place of the socket, then of the call."""
    import base64
    import itertools

    from motorpool.aws import service
    from motorpool.aws.connection import Answer

    answers: dict[str, list[Answer]] = {}
    for recorded in asked["answers"]:
        headers = {name.lower(): value for name, value in recorded["headers"]}
        answer = Answer(recorded["status"], headers, base64.b64decode(recorded["body"]))
        answers.setdefault(recorded["operation"], []).append(answer)
    cycles = {operation: itertools.cycle(given) for operation, given in answers.items()}

    def answered(request: Any) -> Answer:
        return next(cycles[request.headers.get("x-amz-target", request.method)])

    replaced: Any = service
    replaced.exchange = lambda request, timeout: answered(request)
    figures = {"with_calls": cpu_per_call(handler)}
    replaced.Service.answered = lambda _, request, repeatable=True: answered(request)
    figures["without_calls"] = cpu_per_call(handler)
    return figures


if __name__ == "__main__":
    handler, measured, answer = cold()
    measured["answer"] = answer
    if asked["warm"]:
        measured["warm"] = warm(handler)
    if asked["timed"]:
        measured["each"] = timed(handler)
    sys.stderr.write("\n" + json.dumps(measured, default=repr))
    sys.stderr.flush()
    sys.stdout.flush()
    os._exit(0)

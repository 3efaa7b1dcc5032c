"""One function in an interpreter of its own, as Lambda starts it; run as a script, never imported.

Reads one JSON object from standard input: `path` (folders to import from, before the standard
library), `environment`, `function`, `events` (none: it is imported, no more), `snapshot` (whether
its SnapStart hooks run before the first event), `answers` (recorded AWS answers, for the warm
part), `warm` (how many calls to time with answers from memory), `timed` (whether each of `events`
after the first is timed by itself). Writes one JSON object as the last line of standard error.
Nothing but the standard library is imported before the clock has been read.
"""

import base64
import io
import itertools
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

asked: dict[str, Any] = json.load(sys.stdin)
os.environ.clear()
os.environ.update(asked["environment"])
sys.path[:0] = asked["path"]


class Context:
    """The part of Lambda's context object that Powertools reads."""

    function_name = f"motorpool-{asked['function']}"
    memory_limit_in_mb = 512
    invoked_function_arn = f"arn:aws:lambda:us-east-1:123456789012:function:{function_name}"
    aws_request_id = "6f0c1d9e-5a4b-4c3d-8e2f-1a0b9c8d7e6f"


def cold() -> tuple[Any, dict[str, Any], Any]:
    """Import the handler and answer the first event: the handler, the figures, the answer.

    CPU time counts from the start of the process, so it includes the interpreter's. `first` is the
    first event's alone, with the hooks that run after a snapshot is restored.
    """
    from handler import handler  # type: ignore[import-not-found]  # each function's own

    imported = time.process_time()
    began = restored() if asked["snapshot"] else imported
    answer = handler(asked["events"][0], Context) if asked["events"] else None
    answered = time.process_time()
    figures = {
        "cpu": answered,
        "imported": imported,
        "first": answered - began,
        "modules": len(sys.modules),
    }
    return handler, figures, answer


def restored() -> float:
    """Run the hooks as Lambda does; returns the CPU time at which the snapshot would be taken."""
    import snapshot_restore_py as hooks  # type: ignore[import-untyped]  # it has no stubs

    for hook, args, kwargs in reversed(hooks.get_before_snapshot()):
        hook(*args, **kwargs)
    taken = time.process_time()
    for hook, args, kwargs in hooks.get_after_restore():
        hook(*args, **kwargs)
    return taken


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
    """CPU time (s) per call with the first event, over `warm` calls after a tenth to warm up."""
    for _ in range(max(2, asked["warm"] // 10)):
        handler(asked["events"][0], Context)
    began = time.process_time()
    for _ in range(asked["warm"]):
        handler(asked["events"][0], Context)
    took: float = (time.process_time() - began) / asked["warm"]
    return took


def warm(handler: Any) -> dict[str, Any]:
    """CPU time per request with answers from memory: instead of the socket, then of botocore.

    `made` are the calls of one request.
    """
    from motorpool import aws

    made: list[str] = []
    parsed: dict[str, list[Any]] = {}
    clients: list[Any] = [
        client()
        for client in (aws.dynamodb, aws.s3, aws.sqs, aws.secrets_manager)
        if client.cache_info().currsize
    ]
    answer_without_socket(clients)
    figures: dict[str, Any] = {"with_calls": cpu_per_call(handler)}
    for client in clients:
        client._make_api_call = watched(client._make_api_call, made, parsed)
    handler(asked["events"][0], Context)
    cycles = {operation: itertools.cycle(answers) for operation, answers in parsed.items()}
    for client in clients:
        client._make_api_call = lambda operation, _: next(cycles[operation])()
    return figures | {"made": made, "without_calls": cpu_per_call(handler)}


def answer_without_socket(clients: list[Any]) -> None:
    """Make the clients take the recorded answers instead of sending requests."""
    from botocore.awsrequest import AWSResponse
    from botocore.compat import HTTPHeaders

    class Body(io.BytesIO):
        """A response body, as botocore reads it."""

        def stream(self, **_: Any) -> Iterator[bytes]:
            yield self.read()

    answers: dict[str, list[tuple[int, Any, bytes]]] = {}
    for recorded in asked["answers"]:
        headers = HTTPHeaders.from_pairs(map(tuple, recorded["headers"]))
        answer = (recorded["status"], headers, base64.b64decode(recorded["body"]))
        answers.setdefault(recorded["operation"], []).append(answer)
    cycles = {operation: itertools.cycle(given) for operation, given in answers.items()}

    def answered(request: Any, **_: Any) -> Any:
        target = request.headers.get("X-Amz-Target", request.method)
        operation = target.decode() if isinstance(target, bytes) else target
        status, headers, body = next(cycles[operation])
        return AWSResponse(request.url, status, headers, Body(body))

    for client in clients:
        client.meta.events.register_first("before-send", answered)


def watched(
    call: Callable[[str, Any], Any], made: list[str], parsed: dict[str, list[Any]]
) -> Callable[[str, Any], Any]:
    """Record each call, with a function that returns its parsed answer again."""
    from botocore.response import StreamingBody

    def streamed(answer: dict[str, Any], content: bytes) -> dict[str, Any]:
        return answer | {"Body": StreamingBody(io.BytesIO(content), len(content))}

    def watching(operation: str, parameters: Any) -> Any:
        answer = call(operation, parameters)
        made.append(operation)
        content = answer["Body"].read() if "Body" in answer else None
        again = (lambda: answer) if content is None else (lambda: streamed(answer, content))
        parsed.setdefault(operation, []).append(again)
        return again()

    return watching


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

"""The engine's process: MiniStack with changes to its behavior.

Runs in the engine's own environment (`.local/engine`), not in the project's. The changes:

- MiniStack saves its state when it stops. Here it also saves it every 20 s, in case it is killed.
- It enforces TLS-only policies but serves plain HTTP. Here requests count as sent over TLS.
- It stores the reading positions of streams, but not the streams. Here positions are not restored.
- It ignores the failures that a stream's handler reports. Here those records are tried again.
- It gives a request several ids. Here it has one (`engine_request_ids.py`).
- With MOTORPOOL_CALLS, its IAM decisions are written to that file, each once.

They use MiniStack's private names; `tests/e2e/test_engine.py` tests that they still work.
"""

import json
import os
import threading
from typing import Any

from engine_request_ids import one_id_per_request  # type: ignore[import-not-found]
from ministack import app  # type: ignore[import-not-found]
from ministack.core import iam_evaluator  # type: ignore[import-not-found]
from ministack.services import lambda_svc, sts  # type: ignore[import-not-found]

# Tests set a shorter time.
SAVED_EVERY_SECONDS = float(os.environ.get("MOTORPOOL_SAVED_EVERY_SECONDS", "20"))


def _save_for_ever(stopping: threading.Event) -> None:
    while not stopping.wait(SAVED_EVERY_SECONDS):
        app.save_all(app._build_persistence_save_dict())


def _stop_with_the_parent(parent: int, stopping: threading.Event) -> None:
    """Stop when the parent process is gone, which shows in a changed parent id."""
    while not stopping.wait(1):
        if os.getppid() != parent:
            os.kill(os.getpid(), 15)
            return


def _pin_as_secure(source_ip: str, _: bool) -> object:
    return iam_evaluator.pin_request_origin(source_ip, True)


def _forget_positions(*_: object) -> None:
    """Restore no stream positions: with positions of a former stream, new records are skipped."""


def _register_sessions_one_at_a_time() -> None:
    """Prevent failures when many functions start at the same time.

    Each start registers a session, for which MiniStack iterates over all sessions without a lock.
    The error "dictionary changed size during iteration" leaves a version `Failed`.
    """
    register, lock = sts.register_session, threading.Lock()

    def registered(*session: Any) -> None:
        with lock:
            register(*session)

    sts.register_session = registered


def _retry_failed_stream_records() -> None:
    """Make a stream's mapping try again from the first record that its handler reported as failed.

    MiniStack treats a batch with such a report as done, but tries a batch with an error again after
    a second. So the report is turned into an error.

    The mapping of an invocation is known from `_apply_filter_criteria`: the polling thread calls it
    with the mapping just before `_execute_function`; all other invocations are in other threads.
    """
    filtered, execute = lambda_svc._apply_filter_criteria, lambda_svc._execute_function
    thread = threading.local()
    first_failed: dict[str, str] = {}  # sequence number, by the mapping's id

    def filtered_and_not_done(records: list[Any], mapping: dict[str, Any]) -> list[Any]:
        thread.mapping = mapping
        wanted: list[Any] = filtered(records, mapping)
        if again := first_failed.get(mapping["UUID"]):
            sequences = [record["dynamodb"]["SequenceNumber"] for record in wanted]
            if again in sequences:
                return wanted[sequences.index(again) :]
        return wanted

    def executed(function: Any, event: Any) -> Any:
        mapping = thread.__dict__.pop("mapping", None)
        answer = execute(function, event)
        if mapping is None or not _reports_of_a_stream(mapping) or answer.get("error"):
            return answer
        first_failed.pop(mapping["UUID"], None)
        body = answer.get("body")
        reports = (body.get("batchItemFailures") if isinstance(body, dict) else None) or []
        if not reports:
            return answer
        failed = {report.get("itemIdentifier") for report in reports}
        sequences = [record["dynamodb"]["SequenceNumber"] for record in event["Records"]]
        # As on AWS, a report about a record that is not in the batch fails the whole batch.
        known = failed <= set(sequences)
        first_failed[mapping["UUID"]] = next(
            sequence for sequence in sequences if sequence in failed or not known
        )
        said = {"errorType": "BatchItemFailures", "errorMessage": f"{len(reports)} records failed"}
        return answer | {"error": True, "body": said}

    lambda_svc._apply_filter_criteria = filtered_and_not_done
    lambda_svc._execute_function = executed


def _reports_of_a_stream(mapping: dict[str, Any]) -> bool:
    reports = "ReportBatchItemFailures" in mapping.get("FunctionResponseTypes", [])
    return reports and ":dynamodb:" in mapping["EventSourceArn"]


def _record_calls_in(file: str) -> None:
    """Write each IAM decision to the file as a JSON line: principal, action, resource, decision."""
    decide = iam_evaluator.evaluate
    known: set[tuple[str, ...]] = set()
    lock = threading.Lock()

    def decide_and_record(call: Any, *policies: Any) -> Any:
        result = decide(call, *policies)
        line = (call.principal_arn, call.action, call.resource_arn, result.decision)
        with lock:
            if line not in known:
                known.add(line)
                with open(file, "a", encoding="utf-8") as record:
                    record.write(json.dumps(line) + "\n")
        return result

    iam_evaluator.evaluate = decide_and_record


if __name__ == "__main__":
    if calls := os.environ.get("MOTORPOOL_CALLS"):
        _record_calls_in(calls)
    lambda_svc._restore_esm_positions = _forget_positions
    app.pin_request_origin = _pin_as_secure
    _register_sessions_one_at_a_time()
    _retry_failed_stream_records()
    one_id_per_request()
    done = threading.Event()
    for work in (_save_for_ever, lambda _: _stop_with_the_parent(int(os.environ["PARENT"]), done)):
        threading.Thread(target=work, args=(done,), daemon=True).start()
    app.main()

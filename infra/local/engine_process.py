"""The engine's process: MiniStack with changes to its behavior.

Runs in the engine's own environment (`.local/engine`), not in the project's. The changes:

- What MiniStack keeps, and when it saves it, is in `generation.py`.
- It enforces TLS-only policies but serves plain HTTP. Here requests count as sent over TLS.
- Another engine on its port cannot be told from it. Here `WHO_PATH` answers its TOKEN.
- It ignores the failures that a stream's handler reports. Here those records are tried again.
- Its stream does not tell of items that it deletes because they expired. Here it does.
- It gives a request several ids. Here it has one (`engine_request_ids.py`).
- It leaves the headers of functions' answers as they are. Here it renames those that AWS renames.
- With MOTORPOOL_INDEX_LAG_SECONDS, its indexes show changes late (`engine_indexes.py`).
- With MOTORPOOL_CALLS, its IAM decisions are written to that file, each once.

They use MiniStack's private names; `tests/e2e/test_engine.py` tests that they still work.
"""

import json
import os
import threading
import time
from typing import Any

import generation  # type: ignore[import-not-found]
from engine_indexes import answer_lists_late  # type: ignore[import-not-found]
from engine_request_ids import one_id_per_request  # type: ignore[import-not-found]
from ministack import app  # type: ignore[import-not-found]
from ministack.core import iam_evaluator  # type: ignore[import-not-found]
from ministack.services import (  # type: ignore[import-not-found]
    apigateway_v1,
    dynamodb,
    lambda_svc,
    sts,
)

# `engine.py` asks it who answers on the port.
WHO_PATH = "/_motorpool/engine"
# As in `infra/gateway_answers.py`, which runs in another environment.
RENAMED = {"WWW-Authenticate": "x-amzn-remapped-www-authenticate"}


def _stop_with_the_parent(parent: int) -> None:
    """Stop when the parent process is gone, which shows in a changed parent id."""
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), 15)


def _keep_the_data() -> None:
    """Restore the data at the start, save them from then on, and say who answers here."""
    saver, stored, served = generation.Saver(), generation.stored(), app.app
    execute = lambda_svc._execute_function

    def executed(function: Any, event: Any) -> Any:
        try:
            return execute(function, event)
        finally:
            saver.changed = True

    async def kept(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"] == WHO_PATH:
            if lambda_svc._esms.has_any():
                lambda_svc._ensure_poller()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": os.environ["TOKEN"].encode()})
            return
        try:
            await served(scope, receive, send)
        finally:
            if scope["type"] == "http" and generation.changes(scope):
                saver.changed = True

    lambda_svc._execute_function = executed
    app._load_persisted_state = lambda: generation.restored(stored)
    app.save_all = saver.last
    app.app = kept
    saver.start()


def _pin_as_secure(source_ip: str, _: bool) -> object:
    return iam_evaluator.pin_request_origin(source_ip, True)


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


def _tell_of_expired_items() -> None:
    """Write the stream record that DynamoDB writes about an item that it deletes.

    MiniStack deletes expired items in a thread of its own.
    """
    remove, build = dynamodb._remove_item, dynamodb._build_change_record

    def expires() -> bool:
        return threading.current_thread().name == "dynamodb-ttl-reaper"

    def removed(table: Any, pk: Any, sk: Any) -> None:
        item = table["items"].get(pk, {}).get(sk)
        remove(table, pk, sk)
        if item is not None and expires():
            dynamodb._emit_stream_event(table["TableName"], "REMOVE", item, None)

    def built(*change: Any) -> Any:
        record = build(*change)
        if expires():
            identity = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
            record["userIdentity"] = identity
        return record

    dynamodb._remove_item, dynamodb._build_change_record = removed, built


def _rename_headers() -> None:
    answer_of = apigateway_v1._lambda_proxy_response

    def renamed(result: Any) -> Any:
        answer, error = answer_of(result)
        for names in ("headers", "multiValueHeaders"):
            if answer and answer.get(names):
                answer[names] = {RENAMED.get(k, k): v for k, v in answer[names].items()}
        return answer, error

    apigateway_v1._lambda_proxy_response = renamed


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
    app.pin_request_origin = _pin_as_secure
    _register_sessions_one_at_a_time()
    _retry_failed_stream_records()
    _tell_of_expired_items()
    one_id_per_request()
    _rename_headers()
    if lag := os.environ.get("MOTORPOOL_INDEX_LAG_SECONDS"):
        answer_lists_late(float(lag))
    _keep_the_data()
    threading.Thread(
        target=_stop_with_the_parent, args=(int(os.environ["PARENT"]),), daemon=True
    ).start()
    app.main()

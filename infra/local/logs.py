"""The functions' log lines, for `make run`."""

import json
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from infra.paths import FUNCTIONS
from motorpool.telemetry import SERVICE

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

GROUP_PREFIX = f"/aws/lambda/{SERVICE}-"

# So many characters of a request's id are shown: enough to find its line.
SHORT_ID = 8


class Follower:
    """Reads each log line of the functions once, even if a read fails in between.

    It asks for each function's lines by name. The engine goes through all stored lines to list the
    log groups, and fails when a function writes one meanwhile.
    """

    def __init__(
        self, logs: "CloudWatchLogsClient", since_ms: int, functions: Path = FUNCTIONS
    ) -> None:
        self._logs = logs
        self._functions = functions
        self._next_ms: defaultdict[str, int] = defaultdict(lambda: since_ms)

    def new_lines(self, until_ms: int) -> Iterator[str]:
        """The lines before `until_ms` that were not read yet, without pure metric lines.

        Raises botocore's ClientError and BotoCoreError. Lines that were not read then are read by
        the next call.
        """
        for handler in sorted(self._functions.glob("*/handler.py")):
            name = handler.parent.name
            try:
                # Both limits are inclusive.
                events = self._logs.filter_log_events(
                    logGroupName=GROUP_PREFIX + name,
                    startTime=self._next_ms[name],
                    endTime=until_ms - 1,
                )["events"]
            except self._logs.exceptions.ResourceNotFoundException:
                continue
            self._next_ms[name] = until_ms
            for event in events:
                for line in event["message"].splitlines():
                    if shown := _shown(name, line):
                        yield shown


def _shown(function: str, line: str) -> str | None:
    try:
        entry = json.loads(line)
    except ValueError:
        platform = line.startswith(("START ", "END ", "REPORT ", "INIT_START "))
        return None if platform else f"{function}: {line}"
    if not isinstance(entry, dict) or "message" not in entry:
        return None
    request = str(entry.get("correlation_id", ""))[:SHORT_ID]
    words = ("message", "route", "message_id", "status", "code", "elapsed_ms")
    known = " ".join(str(entry[word]) for word in words if word in entry)
    return "\n    ".join([f"{f'{function} {request}'.rstrip()}: {known}", *entry.get("fault", [])])


def now_ms() -> int:
    """The current time in milliseconds, by this machine's clock, which is the engine's too."""
    return int(time.time() * 1000)

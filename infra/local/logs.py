"""The functions' log lines, for `make run`."""

import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

GROUP_PREFIX = "/aws/lambda/motorpool-"


def lines(logs: "CloudWatchLogsClient", since_ms: int, until_ms: int) -> Iterator[str]:
    """The log lines from `since_ms` until before `until_ms`, without pure metric lines."""
    for group in logs.describe_log_groups(logGroupNamePrefix=GROUP_PREFIX)["logGroups"]:
        name = group["logGroupName"]
        try:
            events = logs.filter_log_events(
                logGroupName=name, startTime=since_ms, endTime=until_ms
            )["events"]
        except (BotoCoreError, ClientError):
            continue
        for event in events:
            for line in event["message"].splitlines():
                if shown := _shown(line):
                    yield f"{name.removeprefix(GROUP_PREFIX)}: {shown}"


def _shown(line: str) -> str | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None if line.startswith(("START ", "END ", "REPORT ", "INIT_START ")) else line
    if not isinstance(entry, dict) or "message" not in entry:
        return None
    words = ("route", "message_id", "status", "code", "elapsed_ms")
    known = " ".join(str(entry[word]) for word in words if word in entry)
    return "\n    ".join([f"{entry.get('message')} {known}", *entry.get("fault", [])])


def now_ms() -> int:
    """The current time in milliseconds, by this machine's clock, which is the engine's too."""
    return int(time.time() * 1000)

"""Pings: the event with which a schedule keeps each function's snapshot, answered without work.

SnapStart drops the snapshot of a version that nobody invoked for 14 days, and whoever invokes it
next gets an error: https://docs.aws.amazon.com/lambda/latest/dg/snapstart-troubleshooting.html
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

# No service of AWS sends an event like it, and callers of the APIs send no events.
PING = {"motorpool": "ping"}
PONG: Any = {"motorpool": "pong"}


def answers_pings[C, A](
    handler: Callable[[dict[str, Any], C], A],
) -> Callable[[dict[str, Any], C], A]:
    """Make a Lambda handler answer a ping: without an AWS call, a log line or a metric."""

    @wraps(handler)
    def answered(event: dict[str, Any], context: C) -> A:
        return PONG if event == PING else handler(event, context)

    return answered

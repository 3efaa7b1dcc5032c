"""Making a function fail for a while, on the local stack, and finding what it failed to handle."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

import boto3

from tests.e2e.api import until
from tests.e2e.conftest import Fault, poison

PREFIX = "motorpool-"


@contextmanager
def denied(function: str, action: str, resource: str = "*") -> Iterator[None]:
    """Meanwhile the function's role may not do that to that resource (an ARN)."""
    iam = boto3.client("iam")
    found = boto3.client("lambda").get_function_configuration(FunctionName=PREFIX + function)
    statement = {"Effect": "Deny", "Action": action, "Resource": resource}
    policy = {"RoleName": found["Role"].rpartition("/")[2], "PolicyName": "not-for-now"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    iam.put_role_policy(**policy, PolicyDocument=json.dumps(document))
    try:
        yield
    finally:
        iam.delete_role_policy(**policy)


@contextmanager
def first_delivery_fails(consumer: str, action: str, fault: str) -> Iterator[None]:
    """What is begun inside reaches the consumer, which fails at first because it may not do that.

    `fault`: a regular expression, of what it then logs.
    """
    began = round(time.time() * 1000)
    with denied(consumer, action):
        yield
        for message in until(lambda: _failed(consumer, began)):
            poison[message] = Fault(consumer, fault)


def _failed(consumer: str, since_ms: int) -> list[str]:
    """The ids of the messages that the consumer failed to handle."""
    found = boto3.client("logs").filter_log_events(
        logGroupName=f"/aws/lambda/{PREFIX}{consumer}",
        filterPattern='"unexpected"',
        startTime=since_ms,
    )
    lines = [json.loads(event["message"]) for event in found["events"]]
    return [line["message_id"] for line in lines if line.get("message") == "unexpected"]

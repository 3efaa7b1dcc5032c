"""The clients of AWS. A function makes those it needs when it is imported (see `priming`).

A call is tried 5 times in botocore's standard mode, as long as the request's budget lasts. Its
pauses grow: from up to 25 ms (DynamoDB) or 50 ms, and from up to 1 s when AWS throttles.
"""

from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectionError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
)

from motorpool import budget

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

TRIES = 5
CONNECT_TIMEOUT = 1
READ_TIMEOUT = 2
READ_TIMEOUT_OF_FILES = 5

Fault = ClientError | ConnectionError | HTTPClientError
FAULTS = (ClientError, ConnectionError, HTTPClientError)
NOT_SENT = (EndpointConnectionError, ConnectTimeoutError)
THROTTLED = {
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "SlowDown",
    "ThrottlingException",
    "TransactionInProgressException",
}


@cache
def dynamodb() -> "DynamoDBClient":
    """DynamoDB."""
    client = boto3.client("dynamodb", config=_patience(READ_TIMEOUT))
    client.meta.events.register("needs-retry.dynamodb.UpdateItem", _do_not_count_twice)
    return _within_budget(client)


@cache
def s3() -> "S3Client":
    """S3, each bucket at its region's host (on AWS) and with today's signatures."""
    config = _patience(READ_TIMEOUT_OF_FILES).merge(
        Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
    )
    return _within_budget(boto3.client("s3", config=config))


@cache
def sqs() -> "SQSClient":
    """SQS."""
    return _within_budget(boto3.client("sqs", config=_patience(READ_TIMEOUT)))


@cache
def secrets_manager() -> "SecretsManagerClient":
    """Secrets Manager."""
    return _within_budget(boto3.client("secretsmanager", config=_patience(READ_TIMEOUT)))


def forget() -> None:
    """Make every client anew: this process now works on another stack."""
    for client in (dynamodb, s3, sqs, secrets_manager):
        client.cache_clear()


def may_pass(fault: Fault) -> bool:
    """Whether the same call may succeed in a moment: throttled, no answer, or 5xx."""
    return not isinstance(fault, ClientError) or status_of(fault) >= 500 or is_undone(fault)


def is_undone(fault: Fault) -> bool:
    """Whether AWS has certainly done nothing in that try: it throttled, or nothing was sent."""
    if isinstance(fault, ClientError):
        return code_of(fault) in THROTTLED
    return isinstance(fault, NOT_SENT)


def code_of(error: ClientError) -> str:
    """AWS's code of an error."""
    return error.response["Error"].get("Code", "")


def status_of(error: ClientError) -> int:
    """The HTTP status of an error."""
    return error.response["ResponseMetadata"]["HTTPStatusCode"]


def _patience(read_timeout: int) -> Config:
    return Config(
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=read_timeout,
        retries={"mode": "standard", "total_max_attempts": TRIES},
        tcp_keepalive=True,
        # AWS checks them too; here it would be a tenth of a call's CPU.
        parameter_validation=False,
    )


def _within_budget[C: Any](client: C) -> C:
    client.meta.events.register_first("needs-retry", _stop_when_spent)
    return client


def _stop_when_spent(
    response: Any, caught_exception: Exception | None, operation: Any, **_: Any
) -> None:
    fault = _fault_of(response, caught_exception, operation)
    if isinstance(fault, FAULTS) and may_pass(fault) and not budget.allows_another_try():
        raise fault


def _do_not_count_twice(
    response: Any, caught_exception: Exception | None, operation: Any, **_: Any
) -> None:
    """An update that may have been done is not sent again."""
    fault = _fault_of(response, caught_exception, operation)
    if isinstance(fault, FAULTS) and not is_undone(fault):
        raise fault


def _fault_of(
    response: Any, caught_exception: Exception | None, operation: Any
) -> Exception | None:
    """What a try failed with, as botocore raises it after the last one; None when it succeeded."""
    if caught_exception is not None or response[0].status_code < 300:
        return caught_exception
    return ClientError(response[1], operation.name)

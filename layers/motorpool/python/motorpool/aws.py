"""AWS clients. A function creates those it needs when it is imported (see `priming`).

A call has up to 5 attempts in botocore's standard mode, within the request's budget. The pauses
between them grow, from up to 25 ms (DynamoDB) or 50 ms, or from up to 1 s when AWS throttles.
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
    """The DynamoDB client."""
    client = boto3.client("dynamodb", config=_config(READ_TIMEOUT))
    client.meta.events.register("needs-retry.dynamodb.UpdateItem", _stop_when_maybe_done)
    return _within_budget(client)


@cache
def s3() -> "S3Client":
    """The S3 client: virtual-hosted addresses and Signature Version 4."""
    config = _config(READ_TIMEOUT_OF_FILES).merge(
        Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
    )
    return _within_budget(boto3.client("s3", config=config))


@cache
def sqs() -> "SQSClient":
    """The SQS client."""
    return _within_budget(boto3.client("sqs", config=_config(READ_TIMEOUT)))


@cache
def secrets_manager() -> "SecretsManagerClient":
    """The Secrets Manager client."""
    return _within_budget(boto3.client("secretsmanager", config=_config(READ_TIMEOUT)))


def forget() -> None:
    """Create every client again on its next use: this process now works on another stack."""
    for client in (dynamodb, s3, sqs, secrets_manager):
        client.cache_clear()


def is_transient(fault: Fault) -> bool:
    """Whether the same call may succeed soon: it was throttled, got no response, or got a 5xx."""
    return not isinstance(fault, ClientError) or status_of(fault) >= 500 or was_not_executed(fault)


def was_not_executed(fault: Fault) -> bool:
    """Whether the attempt certainly had no effect: it was throttled, or never sent."""
    if isinstance(fault, ClientError):
        return code_of(fault) in THROTTLED
    return isinstance(fault, NOT_SENT)


def code_of(error: ClientError) -> str:
    """The AWS error code."""
    return error.response["Error"].get("Code", "")


def status_of(error: ClientError) -> int:
    """The HTTP status of an AWS error."""
    return error.response["ResponseMetadata"]["HTTPStatusCode"]


def _config(read_timeout: int) -> Config:
    return Config(
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=read_timeout,
        retries={"mode": "standard", "total_max_attempts": TRIES},
        tcp_keepalive=True,
        # AWS validates them too; doing it here takes a tenth of a call's CPU time.
        parameter_validation=False,
    )


def _within_budget[C: Any](client: C) -> C:
    client.meta.events.register_first("needs-retry", _stop_when_spent)
    return client


def _stop_when_spent(
    response: Any, caught_exception: Exception | None, operation: Any, **_: Any
) -> None:
    fault = _fault_of(response, caught_exception, operation)
    if isinstance(fault, FAULTS) and is_transient(fault) and not budget.allows_another_try():
        raise fault


def _stop_when_maybe_done(
    response: Any, caught_exception: Exception | None, operation: Any, **_: Any
) -> None:
    """Do not retry an update that may have been executed: it is not idempotent."""
    fault = _fault_of(response, caught_exception, operation)
    if isinstance(fault, FAULTS) and not was_not_executed(fault):
        raise fault


def _fault_of(
    response: Any, caught_exception: Exception | None, operation: Any
) -> Exception | None:
    """The exception of an attempt, as botocore raises it after the last one; None on success."""
    if caught_exception is not None or response[0].status_code < 300:
        return caught_exception
    return ClientError(response[1], operation.name)

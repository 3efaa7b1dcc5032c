"""What functions send to AWS, with moto at the other end of the wire."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Protocol

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders
from moto.core.models import botocore_stubber

from motorpool.aws import service
from motorpool.aws.connection import Answer, Request
from motorpool.aws.service import JsonService


class Wire(Protocol):
    """As `motorpool.aws.connection.exchange`."""

    def __call__(self, request: Request, *, timeout: float) -> Answer: ...


def to_moto(request: Request, *, timeout: float) -> Answer:
    """Moto's answer, which comes at once."""
    headers = HTTPHeaders()
    for name, value in request.headers.items():
        headers[name] = value
    url = f"{request.origin}{request.target}"
    answered = botocore_stubber.process_request(
        AWSPreparedRequest(request.method, url, headers, request.body, stream_output=False)
    )
    assert answered is not None
    status, given, body = answered
    content = body.encode() if isinstance(body, str) else body
    return Answer(status, {name.lower(): str(value) for name, value in given.items()}, content)


@cache
def aws(service: str) -> Any:
    """A client for what stands around a function; made once, as that takes longer than a test."""
    return boto3.client(service)  # type: ignore[call-overload]  # one for each literal


def lay(patch: pytest.MonkeyPatch, wire: Wire) -> None:
    """From now on, what is sent goes that way."""
    patch.setattr(service, "exchange", wire)


def operation(request: Request) -> str:
    """What is asked: as JSON services name it, of S3 the method."""
    return request.headers.get("x-amz-target", request.method).rpartition(".")[2]


def answer(status: int, **body: Any) -> Answer:
    """An answer of a JSON service."""
    return Answer(status, {}, json.dumps(body).encode())


@contextmanager
def calls_watched(
    seen: Callable[[str, dict[str, Any], dict[str, Any]], None],
) -> Iterator[None]:
    """Tells of each call to DynamoDB: operation, parameters, and the answer (empty: a refusal).

    A call that was tried again counts once.
    """
    call = JsonService.call

    def watched(self: JsonService, name: str, **given: Any) -> dict[str, Any]:
        answered: dict[str, Any] = {}
        try:
            answered = call(self, name, **given)
            return answered
        finally:
            if self.name == "dynamodb":
                seen(name, given, answered)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JsonService, "call", watched)
        yield


@contextmanager
def calls_counted() -> Iterator[list[str]]:
    """The names of the calls to DynamoDB that are made meanwhile."""
    calls: list[str] = []
    with calls_watched(lambda operation, *_: calls.append(operation)):
        yield calls

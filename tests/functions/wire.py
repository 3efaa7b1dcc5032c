"""What functions send to AWS, with moto at the other end of the wire."""

import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.client import BaseClient
from botocore.compat import HTTPHeaders
from moto.core.botocore_stubber import BotocoreStubber, MockRawResponse
from moto.core.models import botocore_stubber

from motorpool import aws as motorpool_aws

# From an operation (`GetItem`) and its request to the answer. What it raises, a socket would.
Wire = Callable[[str, AWSPreparedRequest], AWSResponse]

_moto = BotocoreStubber.__call__


def body_of(request: AWSPreparedRequest) -> Any:
    """The parameters of a call to a JSON service."""
    assert isinstance(request.body, bytes)
    return json.loads(request.body)


def to_moto(operation: str, request: AWSPreparedRequest) -> AWSResponse:
    """Moto's answer, which comes at once."""
    answered = _moto(botocore_stubber, operation, request)
    assert answered is not None
    return answered


@cache
def aws(service: str) -> Any:
    """A client for what stands around a function; made once, as that takes longer than a test."""
    return boto3.client(service)  # type: ignore[call-overload]  # one for each literal


def lay(patch: pytest.MonkeyPatch, wire: Wire) -> None:
    """From now on, what is sent goes that way."""

    def sent(_: Any, event_name: str, request: AWSPreparedRequest, **__: Any) -> AWSResponse:
        return wire(event_name.rpartition(".")[2], request)

    patch.setattr(BotocoreStubber, "__call__", sent)


def answer(status: int, **body: Any) -> AWSResponse:
    """An answer of a JSON service."""
    return AWSResponse("", status, HTTPHeaders(), MockRawResponse(json.dumps(body)))


def error(code: str, status: int = 400, **more: Any) -> AWSResponse:
    """A refusal of a JSON service."""
    return answer(status, __type=f"com.amazonaws#{code}", **more)


class Fault:
    """An operation that fails, `times` times or for ever.

    `outcome`: the answer, or what a socket raises. `applied`: the call was heard all the same.
    """

    def __init__(
        self,
        operation: str,
        outcome: Callable[[], AWSResponse] | Exception,
        times: float = math.inf,
        *,
        applied: bool = False,
    ) -> None:
        self.operation, self.outcome, self.times = operation, outcome, times
        self.applied = applied
        self.tries = 0
        self.slept = 0.0

    def sleep(self, seconds: float) -> None:
        self.slept += seconds

    def __call__(self, operation: str, request: AWSPreparedRequest) -> AWSResponse:
        """Moto's answer, or the fault."""
        if operation != self.operation or self.tries >= self.times:
            return to_moto(operation, request)
        self.tries += 1
        if self.applied:
            to_moto(operation, request)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome()


@contextmanager
def calls_watched(
    seen: Callable[[str, dict[str, Any], dict[str, Any]], None],
) -> Iterator[None]:
    """Tells of each of the functions' calls to DynamoDB: operation, parameters, answer.

    The answer to a call that was refused is empty.

    A call that was tried again counts once.
    """
    call = BaseClient._make_api_call  # type: ignore[attr-defined]  # private

    def watched(self: BaseClient, name: str, given: dict[str, Any]) -> Any:
        answered: dict[str, Any] = {}
        try:
            answered = call(self, name, given)
            return answered
        finally:
            if self is motorpool_aws.dynamodb():
                seen(name, given, answered)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", watched)
        yield


@contextmanager
def calls_counted() -> Iterator[list[str]]:
    """The names of the calls to DynamoDB that are made meanwhile."""
    calls: list[str] = []
    with calls_watched(lambda operation, *_: calls.append(operation)):
        yield calls

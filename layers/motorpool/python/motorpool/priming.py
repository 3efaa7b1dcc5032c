"""Priming: each kind of AWS call is made once before the snapshot, without the network.

The calls are built, signed and parsed as usual, but a handler here answers them. What botocore
loads and builds on first use (endpoint rules, models, serializers) is then in the snapshot.
"""

import io
import os
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from motorpool.snapshot import before_snapshot


def prime(
    client: Callable[[], Any],
    *variables: str,
    answer: bytes = b"",
    headers: Mapping[str, str] | None = None,
    **calls: dict[str, Any],
) -> None:
    """In a function that uses the client: create it now, and make the calls before the snapshot.

    `variables`: the function uses the client if `Uses` has set one of them. In other functions, on
    the command line and in tests, the client is created when it is first used.
    `answer`, `headers`: the response to every call; members that an operation does not have are
    ignored. `calls`: the parameters of each call, by the client's method.
    """
    if "AWS_LAMBDA_FUNCTION_NAME" in os.environ and not os.environ.keys().isdisjoint(variables):
        before_snapshot(partial(_make_calls, client(), calls, answer, headers or {}))


def _make_calls(
    client: Any, calls: dict[str, dict[str, Any]], answer: bytes, headers: Mapping[str, str]
) -> None:
    def answered(request: Any, **_: Any) -> AWSResponse:
        given = HTTPHeaders.from_dict(headers)
        return AWSResponse(request.url, 200, given, _Body(answer))

    # Connecting to a host loads this codec.
    "localhost".encode("idna")
    client.meta.events.register_first("before-send", answered)
    try:
        for method, parameters in calls.items():
            getattr(client, method)(**parameters)
    finally:
        client.meta.events.unregister("before-send", answered)


class _Body(io.BytesIO):
    """A response body, as botocore reads it."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()

"""Priming: each of a function's calls to AWS is made once before its snapshot, without a socket.

The calls are built, signed and parsed as always, but answered here. What botocore loads and builds
on first use (endpoint rules, models, serializers) is then in the snapshot.
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
    """In a function: make the client now, and before the snapshot each call (its parameters).

    `variables`: `Uses` sets one of them for each function that makes such calls. In other functions
    and elsewhere (command line, tests) the client is made when it is first used, if ever.
    `answer`, `headers`: the answer to every call; what is not in an operation's output is ignored.
    """
    if "AWS_LAMBDA_FUNCTION_NAME" in os.environ and not os.environ.keys().isdisjoint(variables):
        before_snapshot(partial(_rehearse, client(), calls, answer, headers or {}))


def _rehearse(
    client: Any, calls: dict[str, dict[str, Any]], answer: bytes, headers: Mapping[str, str]
) -> None:
    def answered(request: Any, **_: Any) -> AWSResponse:
        given = HTTPHeaders.from_dict(headers)
        return AWSResponse(request.url, 200, given, _Body(answer))

    # Connecting encodes the host's name, with a module that is loaded for it.
    "localhost".encode("idna")
    client.meta.events.register_first("before-send", answered)
    try:
        for method, parameters in calls.items():
            getattr(client, method)(**parameters)
    finally:
        client.meta.events.unregister("before-send", answered)


class _Body(io.BytesIO):
    """What botocore reads of a connection."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()

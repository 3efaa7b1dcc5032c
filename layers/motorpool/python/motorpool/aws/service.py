"""A service of AWS: where it is, how often a call is tried, what a refusal of it says.

Tries and pauses are those of the SDKs' standard mode: what passes (no answer, 5xx, throttling) is
tried again after up to 1 s, then after up to 2 s.
"""

import json
import os
import random
import time
from dataclasses import replace
from typing import Any

from motorpool.aws.connection import Answer, Request, Unreachable, exchange
from motorpool.aws.credentials import credentials
from motorpool.aws.signing import Signer

TRIES = 3
THROTTLED = {
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "SlowDown",
    "ThrottlingException",
    "TransactionInProgressException",
}


class AwsError(Exception):
    """A service refused a call. Its text is the error's code, never what was sent.

    `answer`: all that the service said, as JSON services say it (empty for S3).
    """

    def __init__(self, status: int, code: str, answer: dict[str, Any] | None = None) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.answer = answer or {}

    @property
    def passing(self) -> bool:
        """Whether the same call may succeed in a moment."""
        return self.status >= 500 or self.undone

    @property
    def undone(self) -> bool:
        """Whether it passes, and nothing has been done for certain."""
        return self.code in THROTTLED


class Service:
    """One service in the function's region; `timeout` (s) for each part of an answer."""

    def __init__(self, name: str, *, timeout: float) -> None:
        self.name = name
        self.timeout = timeout

    @property
    def region(self) -> str:
        """The region, as Lambda or an operator names it."""
        return os.environ.get("AWS_REGION") or os.environ["AWS_DEFAULT_REGION"]

    @property
    def origin(self) -> str:
        """Where it is; AWS_ENDPOINT_URL, as the SDKs have it, puts all services elsewhere."""
        given = os.environ.get("AWS_ENDPOINT_URL", "").rstrip("/")
        return given or f"https://{self.name}.{self.region}.amazonaws.com"

    def signer(self) -> Signer:
        """A signer for now."""
        return Signer(self.name, self.region, credentials(), time.time())

    def answered(self, request: Request, *, repeatable: bool = True) -> Answer:
        """The answer to a request, which is tried up to three times.

        One that is not `repeatable` is tried again only when nothing was done for certain.
        Raises AwsError and Unreachable.
        """
        tries = 0
        while True:
            tries += 1
            try:
                answer = exchange(_traced(self.signer().signed(request)), timeout=self.timeout)
                if answer.status < 300:
                    return answer
                raise _error(answer)
            except (AwsError, Unreachable) as fault:
                if tries == TRIES or not (fault.passing if repeatable else fault.undone):
                    raise
            time.sleep(random.uniform(0, 2 ** (tries - 1)))


class JsonService(Service):
    """A service that takes the name of an operation and JSON."""

    def __init__(self, name: str, target: str, *, version: str = "1.0", timeout: float) -> None:
        super().__init__(name, timeout=timeout)
        self.target = target
        self.content_type = f"application/x-amz-json-{version}"

    def call(self, operation: str, *, repeatable: bool = True, **parameters: Any) -> dict[str, Any]:
        """The operation's answer. `repeatable` and errors as for `answered`."""
        request = Request(
            self.origin,
            "POST",
            "/",
            headers={
                "content-type": self.content_type,
                "x-amz-target": f"{self.target}.{operation}",
            },
            body=json.dumps(parameters).encode(),
        )
        answer: dict[str, Any] = json.loads(
            self.answered(request, repeatable=repeatable).body or b"{}"
        )
        return answer


def _traced(request: Request) -> Request:
    """With Lambda's trace id: it joins what a message sets off, and is how Lambda detects loops."""
    trace = os.environ.get("_X_AMZN_TRACE_ID")
    if not trace:
        return request
    return replace(request, headers={**request.headers, "x-amzn-trace-id": trace})


def _error(answer: Answer) -> AwsError:
    said: dict[str, Any] = {}
    if answer.body.startswith(b"{"):
        said = json.loads(answer.body)
    code = said.get("__type") or answer.headers.get("x-amzn-errortype") or str(answer.status)
    return AwsError(answer.status, code.rpartition("#")[2].partition(":")[0], said)

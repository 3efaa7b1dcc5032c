"""@endpoint: from a gateway's event to a handler's arguments, from what it returns to an answer.

A handler takes, by name, what it needs: `request` (the body), `query` (the query string), `caller`,
`here` (the API's URL), `authorization` (the header), and path parameters. It returns the answer
(None: there is nothing to say), a `Redirect`, or a `Change`: the answer and the writes that make it
true. When what it has read is no longer so by the time of the writes, it is called again. The
models in its signature and the errors in the decorator are its OpenAPI entry.
"""

import json
import os
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ValidationError
from pydantic.alias_generators import to_snake

from motorpool import telemetry
from motorpool.callers import Caller
from motorpool.errors import (
    InvalidParameters,
    InvalidTokenRequest,
    MissingScope,
    MotorpoolError,
    Unavailable,
    Unexpected,
)
from motorpool.gateway_event import MOST_PROBLEMS, GatewayEvent
from motorpool.idempotency import HEADER as IDEMPOTENCY_KEY
from motorpool.idempotency import AlreadyAnswered, FirstAnswer, IdempotencyKey
from motorpool.public_url import PublicUrl
from motorpool.store import rates, table
from motorpool.store.table import Write

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Event = dict[str, Any]
Response = dict[str, Any]
Headers = dict[str, str]

# Each time, somebody else's change has got through; 16 with these pauses take about 3 s. A
# transaction that meets conflicts takes as long again: none is begun so late that both together
# outlast the function.
DECISIONS = 16
LONGEST_PAUSE = 0.4
LATEST_DECISION = 6.0


@dataclass(frozen=True, slots=True)
class Change[A: BaseModel | None]:
    """An answer, and the writes that must all succeed before anyone is told so."""

    answer: A
    writes: tuple[Write, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Redirect:
    """An answer that is somewhere else."""

    url: str


def endpoint(
    *,
    raises: tuple[type[MotorpoolError], ...] = (),
    headers: tuple[str, ...] = (),
    form: bool = False,
) -> Callable[[Callable[..., Any]], "Endpoint"]:
    """Make a function the Lambda handler of its folder's route.

    `raises`, and the `headers` that a `Change` may have, go into OpenAPI; `form`: the body is
    form-encoded, not JSON.
    """
    return lambda function: Endpoint(function, raises, headers, form=form)


class Endpoint:
    """A handler with its contract: what it takes, what it answers, what it refuses with."""

    def __init__(
        self,
        function: Callable[..., Any],
        raises: tuple[type[MotorpoolError], ...],
        headers: tuple[str, ...],
        *,
        form: bool = False,
    ) -> None:
        update_wrapper(self, function)
        hints = get_type_hints(function)
        answer = hints.pop("return")
        answer = get_args(answer)[0] if get_origin(answer) is Change else answer
        self.function = function
        self.raises = raises
        self.headers = headers
        self.form = form
        self.redirects = answer is Redirect
        self.answer: type[BaseModel] | None = (
            None if self.redirects or answer is type(None) else answer
        )
        self.body: type[BaseModel] | None = hints.get("request")
        self.query: type[BaseModel] | None = hints.get("query")
        for model in filter(None, (self.answer, self.body, self.query)):
            model.model_rebuild()
        self.path = tuple(name for name, hint in hints.items() if hint is str)
        self.takes = frozenset(hints)

    def __call__(self, event: Event, context: Any) -> Response:
        """Answer one request. Whatever happens, the caller gets the envelope, never a trace."""
        asked = GatewayEvent(event)
        request = telemetry.Request(
            function=context.function_name.removeprefix("motorpool-"),
            route=asked.route,
            request_id=asked.gateway["requestId"],
        )
        headers: Headers = {
            "Content-Type": "application/json",
            "x-request-id": request.request_id,
        }
        code, fault = None, None
        try:
            answer = self._answer(asked, request, headers)
            status, body = answer.status, answer.body
            headers |= answer.headers
        except Exception as error:
            refused = error if isinstance(error, MotorpoolError) else Unexpected()
            fault = None if refused.expected else error
            api: Any = os.environ["API"]
            status, code, _ = refused.on(api)
            body = json.dumps(refused.body(api))
            headers |= refused.headers
        request.answered(status, code, fault)
        return {"statusCode": status, "headers": headers, "body": body}

    def _answer(
        self, asked: GatewayEvent, request: telemetry.Request, headers: Headers
    ) -> FirstAnswer:
        """The answer; `headers` gets those that a refusal has as well. Raises refusals."""
        arguments: dict[str, Any] = {}
        caller = None
        if "caller" in self.takes:
            arguments["caller"] = caller = Caller.from_context(asked.gateway["authorizer"])
            request.client_id = caller.client_id
            if limit := os.environ.get("REQUESTS_PER_HOUR"):
                headers |= rates.counted(caller.client_id, request.function, int(limit)).headers()
            _must_have_scope(caller)
        arguments |= self._arguments(asked)
        key = _idempotency_key(asked, caller, arguments) if caller else None
        try:
            return self._decided(arguments, key)
        except AlreadyAnswered as before:
            first = before.first
            replayed = {"Idempotent-Replayed": "true"}
            return FirstAnswer(first.status, first.body, first.headers | replayed)

    def _decided(self, arguments: dict[str, Any], key: IdempotencyKey | None) -> FirstAnswer:
        """The answer to what was so when the writes got through. Raises Unavailable in the end."""
        began = time.monotonic()
        for decision in range(DECISIONS):
            if decision:
                time.sleep(random.uniform(0, LONGEST_PAUSE))
            if time.monotonic() - began > LATEST_DECISION:
                break
            try:
                return self._effected(arguments, key)
            except table.Stale:
                continue
        raise Unavailable

    def _effected(self, arguments: dict[str, Any], key: IdempotencyKey | None) -> FirstAnswer:
        """The handler's answer, once its writes and the key's record are in the table."""
        try:
            result = self.function(**arguments)
        except MotorpoolError as refusal:
            if key and refusal.expected:
                key.look_up()
            raise
        if isinstance(result, Redirect):
            return FirstAnswer(302, "", {"Location": result.url})
        change = result if isinstance(result, Change) else Change(result)
        answer = (
            FirstAnswer(204, "", dict(change.headers))
            if change.answer is None
            else FirstAnswer(200, change.answer.model_dump_json(), dict(change.headers))
        )
        writes = (key.record(answer), *change.writes) if key else change.writes
        if writes:
            table.transact(*writes)
        return answer

    def _arguments(self, asked: GatewayEvent) -> dict[str, Any]:
        """What the handler takes, by name. Raises InvalidParameters."""
        given: dict[str, Any] = {to_snake(name): value for name, value in asked.path.items()}
        arguments = {name: given[name] for name in self.path}
        with _problems_named():
            if self.query:
                arguments["query"] = self.query.model_validate(asked.query, strict=False)
            if self.body:
                body = _form(asked) if self.form else asked.body
                arguments["request"] = self.body.model_validate_json(body)
        if "here" in self.takes:
            arguments["here"] = PublicUrl.of(asked.gateway)
        if "authorization" in self.takes:
            arguments["authorization"] = asked.authorization
        return arguments


def _form(asked: GatewayEvent) -> bytes:
    try:
        return asked.form
    except InvalidParameters as problems:
        raise InvalidTokenRequest(problems.shown) from None


def _must_have_scope(caller: Caller) -> None:
    """Raises MissingScope unless the caller has one of the scopes that the route asks for."""
    sufficient = os.environ.get("SCOPE", "").split()
    if sufficient and caller.scopes.isdisjoint(sufficient):
        raise MissingScope


def _idempotency_key(
    asked: GatewayEvent, caller: Caller, arguments: Mapping[str, Any]
) -> IdempotencyKey | None:
    """The key of a POST or PUT that has one. Raises InvalidParameters on a malformed one."""
    values = asked.header(IDEMPOTENCY_KEY)
    if not values or asked.method not in {"POST", "PUT"}:
        return None
    request = arguments.get("request")
    body = request.model_dump_json() if request else ""
    path = json.dumps(asked.path, sort_keys=True)
    return IdempotencyKey.of(caller, values, asked.route, path, body)


@contextmanager
def _problems_named() -> Iterator[None]:
    """Pydantic's findings as InvalidParameters, without the values (which may be personal)."""
    try:
        yield
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        raise InvalidParameters(*map(_problem, problems[:MOST_PROBLEMS])) from None


def _problem(found: "ErrorDetails") -> tuple[str, str]:
    message = found["msg"].removeprefix("Value error, ")
    if not found["loc"] and found["type"] == "value_error":
        # A rule about several fields names the one it is about: "state: required with …".
        field, _, problem = message.partition(": ")
        return field, problem
    if found["type"] == "string_pattern_mismatch":
        message = "has not the form that the documentation gives, or has control characters"
    field = ".".join(str(part) for part in found["loc"]) or "body"
    return field, message[0].lower() + message[1:]

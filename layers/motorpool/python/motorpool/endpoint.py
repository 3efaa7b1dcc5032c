"""@endpoint: from a gateway event to a handler's arguments, and from what it returns to an answer.

A handler takes, by name, what it needs: `request` (the JSON body), `query` (the query string),
`caller`, and path parameters. It returns the answer, or a `Change`: the answer and the writes that
make it true. The models in its signature and the errors in the decorator are its OpenAPI entry.
"""

import base64
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ValidationError
from pydantic.alias_generators import to_snake

from motorpool import telemetry
from motorpool.callers import Caller
from motorpool.errors import InvalidParameters, MissingScope, MotorpoolError, Unexpected
from motorpool.idempotency import HEADER as IDEMPOTENCY_KEY
from motorpool.idempotency import AlreadyAnswered, FirstAnswer, IdempotencyKey
from motorpool.store import table
from motorpool.store.table import Write

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Event = dict[str, Any]
Response = dict[str, Any]

MOST_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class Change[A: BaseModel]:
    """An answer, and the writes that must all succeed before anyone is told so."""

    answer: A
    writes: tuple[Write, ...]


def endpoint(
    *, raises: tuple[type[MotorpoolError], ...] = ()
) -> Callable[[Callable[..., Any]], "Endpoint"]:
    """Make a function the Lambda handler of its folder's route. `raises` goes into OpenAPI."""
    return lambda function: Endpoint(function, raises)


class Endpoint:
    """A handler with its contract: what it takes, what it answers, what it refuses with."""

    def __init__(
        self, function: Callable[..., Any], raises: tuple[type[MotorpoolError], ...]
    ) -> None:
        update_wrapper(self, function)
        hints = get_type_hints(function)
        answer = hints.pop("return")
        self.function = function
        self.raises = raises
        self.answer: type[BaseModel] = get_args(answer)[0] if get_origin(answer) else answer
        self.body: type[BaseModel] | None = hints.get("request")
        self.query: type[BaseModel] | None = hints.get("query")
        self.path = tuple(name for name, hint in hints.items() if hint is str)
        self.takes_caller = "caller" in hints

    def __call__(self, event: Event, context: Any) -> Response:
        """Answer one request. Whatever happens, the caller gets the envelope, never a trace."""
        gateway = event["requestContext"]
        request = telemetry.Request(
            function=context.function_name.removeprefix("motorpool-"),
            route=f"{gateway['httpMethod']} {gateway['resourcePath']}",
            request_id=gateway["requestId"],
        )
        code, fault = None, None
        try:
            caller = Caller.from_context(gateway["authorizer"])
            request.client_id = caller.client_id
            status, body, headers = self._answer(event, caller)
        except Exception as error:
            refused = error if isinstance(error, MotorpoolError) else Unexpected()
            fault = None if refused.expected else error
            (status, code), headers = refused.on(os.environ["API"]), {}
            body = _envelope(code, refused.shown)
        request.answered(status, code, fault)
        headers |= {"Content-Type": "application/json", "x-request-id": request.request_id}
        return {"statusCode": status, "headers": headers, "body": body}

    def _answer(self, event: Event, caller: Caller) -> tuple[int, str, dict[str, str]]:
        """Status, body and headers of the answer. Raises the handler's errors."""
        required = os.environ.get("SCOPE")
        if required and required not in caller.scopes:
            raise MissingScope
        arguments = self._arguments(event, caller)
        key = _idempotency_key(event, caller, arguments)
        try:
            answer = self._effected(arguments, key)
        except AlreadyAnswered as before:
            return before.first.status, before.first.body, {"Idempotent-Replayed": "true"}
        return answer.status, answer.body, {}

    def _effected(self, arguments: dict[str, Any], key: IdempotencyKey | None) -> FirstAnswer:
        """The handler's answer, once its writes and the key's record are in the table."""
        try:
            result = self.function(**arguments)
        except MotorpoolError as refusal:
            if key and refusal.expected:
                key.look_up()
            raise
        change = result if isinstance(result, Change) else Change(result, ())
        answer = FirstAnswer(status=200, body=change.answer.model_dump_json())
        if change.writes:
            record = (key.record(answer),) if key else ()
            table.transact(*record, *change.writes)
        return answer

    def _arguments(self, event: Event, caller: Caller) -> dict[str, Any]:
        """What the handler takes, by name. Raises InvalidParameters."""
        given: dict[str, Any] = {
            to_snake(name): value for name, value in (event.get("pathParameters") or {}).items()
        }
        arguments = {name: given[name] for name in self.path}
        with _problems_named():
            if self.query:
                arguments["query"] = self.query.model_validate(_query(event), strict=False)
            if self.body:
                arguments["request"] = self.body.model_validate_json(_body(event))
        if self.takes_caller:
            arguments["caller"] = caller
        return arguments


def _envelope(code: str, message: str) -> str:
    """The error body of the API that this function is part of."""
    if os.environ["API"] == "partner":
        return json.dumps({"error_code": code, "error_message": message})
    return json.dumps({"code": code, "message": message})


def _body(event: Event) -> bytes:
    body = event.get("body") or ""
    if event.get("isBase64Encoded"):
        return base64.b64decode(body)
    return str(body).encode("utf-8", "surrogatepass")


def _query(event: Event) -> dict[str, str]:
    given: Mapping[str, list[str]] = event.get("multiValueQueryStringParameters") or {}
    twice = [(name, "is given more than once") for name, values in given.items() if values[1:]]
    if twice:
        raise InvalidParameters(*twice[:MOST_PROBLEMS])
    return {name: values[0] for name, values in given.items()}


def _idempotency_key(
    event: Event, caller: Caller, arguments: Mapping[str, Any]
) -> IdempotencyKey | None:
    """The key of a POST or PUT that has one. Raises InvalidParameters on a malformed one."""
    gateway = event["requestContext"]
    values = _header_values(event, IDEMPOTENCY_KEY)
    if not values or gateway["httpMethod"] not in {"POST", "PUT"}:
        return None
    request = arguments.get("request")
    return IdempotencyKey.of(
        caller,
        values,
        gateway["httpMethod"],
        gateway["resourcePath"],
        json.dumps(event.get("pathParameters"), sort_keys=True),
        request.model_dump_json() if request else "",
    )


def _header_values(event: Event, name: str) -> list[str]:
    """All values of a header. AWS keeps the caller's case of the name, so it is ignored."""
    headers: Mapping[str, list[str]] = event.get("multiValueHeaders") or {}
    return [
        value for key, values in headers.items() if key.lower() == name.lower() for value in values
    ]


@contextmanager
def _problems_named() -> Iterator[None]:
    """Pydantic's findings as InvalidParameters, without the values (which may be personal)."""
    try:
        yield
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        raise InvalidParameters(*map(_problem, problems[:MOST_PROBLEMS])) from None


def _problem(found: "ErrorDetails") -> tuple[str, str]:
    field = ".".join(str(part) for part in found["loc"]) or "body"
    message = found["msg"].removeprefix("Value error, ")
    return field, message[0].lower() + message[1:]

"""@endpoint: turns API Gateway's event into a handler's arguments, and its result into a response.

A handler takes the arguments that it names: `request` (the body), `query` (the query string),
`caller`, `here` (the API's URL), `authorization` (the header), and path parameters. It returns an
answer (None: no content), a `Redirect`, or a `Result`: an answer with writes. It is called again
when an item that it read was changed before its writes. The OpenAPI document is made from the
models in its signature and the errors in the decorator.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial, update_wrapper
from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ValidationError
from pydantic.alias_generators import to_snake

from motorpool import budget, telemetry
from motorpool.access import rate_store as rates
from motorpool.access.callers import Caller
from motorpool.api.browsers import headers_for
from motorpool.api.gateway_event import MOST_PROBLEMS, GatewayEvent
from motorpool.api.idempotency import HEADER as IDEMPOTENCY_KEY
from motorpool.api.idempotency import AlreadyAnswered, FirstAnswer, IdempotencyKey
from motorpool.api.public_url import PublicUrl
from motorpool.api.schemas import NOT_STORED
from motorpool.dynamodb import table
from motorpool.dynamodb.table import TransactItem
from motorpool.errors import (
    Api,
    InvalidParameters,
    InvalidTokenRequest,
    MissingScope,
    MotorpoolError,
    NotForDevices,
    Unavailable,
    Unexpected,
)
from motorpool.pings import answers_pings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from pydantic_core import ErrorDetails

Event = dict[str, Any]
Response = dict[str, Any]
Headers = dict[str, str]


@dataclass(frozen=True, slots=True)
class Result[A: BaseModel | None]:
    """An answer, and the writes that must all succeed before it is sent."""

    answer: A
    writes: tuple[TransactItem, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Redirect:
    """A redirect to another URL (302)."""

    url: str


# Makes the answer to a repeated request from the stored part of the first answer (as JSON).
Renewal = Callable[[Mapping[str, Any], Caller], Result[Any]]


def endpoint[R: BaseModel | Result[Any] | Redirect | None](
    *,
    raises: tuple[type[MotorpoolError], ...] = (),
    headers: tuple[str, ...] = (),
    form: bool = False,
    idempotent: bool = False,
    renew: Renewal | None = None,
) -> Callable[[Callable[..., R]], "Endpoint"]:
    """Make a function the Lambda handler of its folder's route.

    `raises`, and the `headers` that a `Result` may have, go into OpenAPI. `form`: the body is
    form-encoded, not JSON. `idempotent`: the handler gives the same answer when its writes were
    already made, so it is called again when the response to its transaction was lost. `renew`:
    answers a request that is repeated with its Idempotency-Key, if the first answer has fields that
    are not stored. Raises TypeError when there are such fields and `renew` is missing.
    """
    return lambda function: Endpoint(
        function, raises, headers, form=form, idempotent=idempotent, renew=renew
    )


class Endpoint:
    """A handler with its contract: its request and answer models, and its errors."""

    def __init__(
        self,
        function: Callable[..., Any],
        raises: tuple[type[MotorpoolError], ...],
        headers: tuple[str, ...],
        *,
        form: bool,
        idempotent: bool,
        renew: Renewal | None,
    ) -> None:
        update_wrapper(self, function)
        hints = get_type_hints(function)
        answer = hints.pop("return")
        answer = get_args(answer)[0] if get_origin(answer) is Result else answer
        self.function = function
        self.raises = raises
        self.headers = headers
        self.form = form
        self.idempotent = idempotent
        self.renew = renew
        self.redirects = answer is Redirect
        self.answer: type[BaseModel] | None = (
            None if self.redirects or answer is type(None) else answer
        )
        self.body: type[BaseModel] | None = hints.get("request")
        self.query: type[BaseModel] | None = hints.get("query")
        for model in filter(None, (self.answer, self.body, self.query)):
            model.model_rebuild()
        self.lists = _lists(self.query)
        self.not_stored = _not_stored(self.answer)
        if self.not_stored and renew is None:
            raise TypeError(f"nothing renews {', '.join(sorted(self.not_stored))}")
        self.path = tuple(name for name, hint in hints.items() if hint is str)
        self.takes = frozenset(hints)

    def __call__(self, event: Event, context: "LambdaContext") -> Response:
        """Answer one request. Every exception becomes an error body, never a stack trace."""
        return answers_pings(self._respond)(event, context)

    def _respond(self, event: Event, context: "LambdaContext") -> Response:
        asked = GatewayEvent(event)
        request = telemetry.Request(
            function=telemetry.function_of(context),
            route=asked.route,
            request_id=asked.gateway["requestId"],
        )
        headers: Headers = {
            "Content-Type": "application/json",
            "x-request-id": request.request_id,
        }
        code, fault = None, None
        try:
            with budget.of_one_request():
                answer = self._answer(asked, request, headers)
            status, body = answer.status, answer.body
            headers |= answer.headers
        except Exception as error:
            api: Any = os.environ["API"]
            refusal = _refusal(error, api)
            fault = None if refusal is error and refusal.expected else error
            status, code, _ = refusal.on(api)
            body = json.dumps(refusal.body(api))
            headers |= refusal.headers
        request.answered(status, code, fault)
        return {"statusCode": status, "headers": headers, "body": body}

    def _answer(
        self, asked: GatewayEvent, request: telemetry.Request, headers: Headers
    ) -> FirstAnswer:
        """The answer. Adds to `headers` those that errors have too. Raises MotorpoolError."""
        arguments: dict[str, Any] = {}
        caller = None
        if "caller" in self.takes:
            caller = Caller.from_context(asked.gateway["authorizer"], request.request_id)
            arguments["caller"] = caller
            request.client_id = caller.client_id
            headers |= headers_for(asked, caller.origins)
            if caller.device_id and not os.environ.get("DEVICES"):
                raise NotForDevices
            if limit := os.environ.get("REQUESTS_PER_HOUR"):
                headers |= rates.counted(caller.client_id, request.function, int(limit)).headers()
            _ensure_scope(caller)
        arguments |= self._arguments(asked)
        key = _idempotency_key(asked, caller, arguments) if caller else None
        decide = partial(self._first_answer, arguments, key)
        if key is None:
            return _decided(decide, again_when_unknown=self.idempotent)
        try:
            return _decided(decide, again_when_unknown=True)
        except AlreadyAnswered as before:
            repeat = partial(self._repeated_answer, before.first, key.caller)
            first = _decided(repeat, again_when_unknown=True)
            replayed = {"Idempotent-Replayed": "true"}
            return FirstAnswer(first.status, first.body, first.headers | replayed)

    def _first_answer(self, arguments: dict[str, Any], key: IdempotencyKey | None) -> FirstAnswer:
        """The handler's answer, after its writes and the key's record were made."""
        try:
            returned = self.function(**arguments)
        except MotorpoolError as refusal:
            if key and refusal.expected:
                key.look_up()
            raise
        if isinstance(returned, Redirect):
            return FirstAnswer(302, "", {"Location": returned.url})
        result = returned if isinstance(returned, Result) else Result(returned)
        answer = _shown(result)
        writes = result.writes
        if key:
            kept = _shown(result, without=self.not_stored)
            writes = (key.record(kept), *writes)
        if writes:
            table.transact(*writes)
        return answer

    def _repeated_answer(self, first: FirstAnswer, caller: Caller) -> FirstAnswer:
        """The first answer again, with new values in the fields that were not stored."""
        if self.renew is None:
            return first
        result = self.renew(json.loads(first.body), caller)
        if result.writes:
            table.transact(*result.writes)
        return FirstAnswer(first.status, _shown(result).body, first.headers)

    def _arguments(self, asked: GatewayEvent) -> dict[str, Any]:
        """The handler's arguments, by name. Raises InvalidParameters."""
        given: dict[str, Any] = {to_snake(name): value for name, value in asked.path.items()}
        arguments = {name: given[name] for name in self.path}
        with _as_invalid_parameters():
            if self.query:
                arguments["query"] = self.query.model_validate(
                    asked.query(lists=self.lists), strict=False
                )
            if self.body:
                body = _form(asked) if self.form else asked.body
                arguments["request"] = self.body.model_validate_json(body)
        if "here" in self.takes:
            arguments["here"] = PublicUrl.of(asked.gateway)
        if "authorization" in self.takes:
            arguments["authorization"] = asked.authorization
        return arguments


def _decided(decide: Callable[[], FirstAnswer], *, again_when_unknown: bool) -> FirstAnswer:
    """The answer of the first decision whose writes succeed. Raises Unavailable after the last try.

    `again_when_unknown`: decide once more when the response to a transaction was lost. The second
    decision sees whether the transaction was executed.
    """
    for _ in budget.tries():
        try:
            return decide()
        except table.VersionConflict:
            continue
        except table.OutcomeUnknown:
            if not again_when_unknown:
                raise
            again_when_unknown = False
    raise Unavailable


def _shown(result: Result[Any], without: frozenset[str] = frozenset()) -> FirstAnswer:
    """A result's answer as status, body and headers; `without` names fields to leave out."""
    headers = dict(result.headers)
    if result.answer is None:
        return FirstAnswer(204, "", headers)
    return FirstAnswer(200, result.answer.model_dump_json(exclude=without), headers)


def _lists(query: type[BaseModel] | None) -> frozenset[str]:
    """The names of the query parameters that may be given more than once."""
    fields = query.model_fields if query else {}
    of = {name: get_origin(field.annotation) for name, field in fields.items()}
    return frozenset(fields[name].alias or name for name, origin in of.items() if origin is list)


def _not_stored(answer: type[BaseModel] | None) -> frozenset[str]:
    fields = answer.model_fields if answer else {}
    return frozenset(name for name, field in fields.items() if NOT_STORED in field.metadata)


def _refusal(error: Exception, api: Api) -> MotorpoolError:
    """The error itself, if it has an answer on the API; otherwise Unexpected."""
    if isinstance(error, MotorpoolError) and error.is_answered_on(api):
        return error
    return Unexpected()


def _form(asked: GatewayEvent) -> bytes:
    try:
        return asked.form
    except InvalidParameters as problems:
        raise InvalidTokenRequest(problems.shown) from None


def _ensure_scope(caller: Caller) -> None:
    """Raises MissingScope unless the caller has one of the route's scopes."""
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
    # Only fields that were not sent are left out: an explicit null makes a different request.
    body = request.model_dump_json(exclude_unset=True) if request else ""
    path = json.dumps(asked.path, sort_keys=True)
    return IdempotencyKey.of(caller, values, asked.route, path, body)


@contextmanager
def _as_invalid_parameters() -> Iterator[None]:
    """Turns pydantic's errors into InvalidParameters, without the values (maybe personal data)."""
    try:
        yield
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        raise InvalidParameters(*map(_problem, problems[:MOST_PROBLEMS])) from None


def _problem(found: "ErrorDetails") -> tuple[str, str]:
    message = found["msg"].removeprefix("Value error, ")
    if not found["loc"] and found["type"] == "value_error":
        # A rule about several fields begins with the field at fault: "state: required with …".
        field, _, problem = message.partition(": ")
        return field, problem
    if found["type"] == "string_pattern_mismatch":
        message = (
            "does not have the documented format, or has control characters, line breaks or "
            "direction marks"
        )
    field = ".".join(str(part) for part in found["loc"]) or "body"
    return field, message[0].lower() + message[1:]

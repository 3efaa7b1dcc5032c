"""@endpoint: from a gateway's event to a handler's arguments, from what it returns to an answer.

A handler takes, by name, what it needs: `request` (the body), `query` (the query string), `caller`,
`here` (the API's URL), `authorization` (the header), and path parameters. It returns the answer
(None: there is nothing to say), a `Redirect`, or a `Result`: the answer and the writes that make it
true. When what it has read is no longer so by the time of the writes, it is called again. The
models in its signature and the errors in the decorator are its OpenAPI entry.
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
from motorpool.api.gateway_event import MOST_PROBLEMS, GatewayEvent
from motorpool.api.idempotency import HEADER as IDEMPOTENCY_KEY
from motorpool.api.idempotency import AlreadyAnswered, FirstAnswer, IdempotencyKey
from motorpool.api.public_url import PublicUrl
from motorpool.api.schemas import NOT_KEPT
from motorpool.dynamodb import table
from motorpool.dynamodb.table import TransactItem
from motorpool.errors import (
    Api,
    InvalidParameters,
    InvalidTokenRequest,
    MissingScope,
    MotorpoolError,
    Unavailable,
    Unexpected,
)

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from pydantic_core import ErrorDetails

Event = dict[str, Any]
Response = dict[str, Any]
Headers = dict[str, str]


@dataclass(frozen=True, slots=True)
class Result[A: BaseModel | None]:
    """An answer, and the writes that must all succeed before anyone is told so."""

    answer: A
    writes: tuple[TransactItem, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Redirect:
    """An answer that is somewhere else."""

    url: str


# What a repeated request is answered: made of the first answer as JSON, without what was not kept.
Renewal = Callable[[Mapping[str, Any], Caller], Result[Any]]


def endpoint[R: BaseModel | Result[Any] | Redirect | None](
    *,
    raises: tuple[type[MotorpoolError], ...] = (),
    headers: tuple[str, ...] = (),
    form: bool = False,
    idempotent: bool = False,
    renewed: Renewal | None = None,
) -> Callable[[Callable[..., R]], "Endpoint"]:
    """Make a function the Lambda handler of its folder's route.

    `raises`, and the `headers` that a `Result` may have, go into OpenAPI. `form`: the body is
    form-encoded, not JSON. `idempotent`: a request that was carried out, decided again, gets the
    same answer; so it is, when the answer to its transaction was lost. `renewed`: what a request
    that is repeated with its Idempotency-Key is answered where the first answer was not kept whole.
    Raises TypeError when an answer has fields that are not kept, and nothing renews them.
    """
    return lambda function: Endpoint(
        function, raises, headers, form=form, idempotent=idempotent, renewed=renewed
    )


class Endpoint:
    """A handler with its contract: what it takes, what it answers, what it refuses with."""

    def __init__(
        self,
        function: Callable[..., Any],
        raises: tuple[type[MotorpoolError], ...],
        headers: tuple[str, ...],
        *,
        form: bool,
        idempotent: bool,
        renewed: Renewal | None,
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
        self.renewed = renewed
        self.redirects = answer is Redirect
        self.answer: type[BaseModel] | None = (
            None if self.redirects or answer is type(None) else answer
        )
        self.body: type[BaseModel] | None = hints.get("request")
        self.query: type[BaseModel] | None = hints.get("query")
        for model in filter(None, (self.answer, self.body, self.query)):
            model.model_rebuild()
        self.not_kept = _not_kept(self.answer)
        if self.not_kept and renewed is None:
            raise TypeError(f"nothing renews {', '.join(sorted(self.not_kept))}")
        self.path = tuple(name for name, hint in hints.items() if hint is str)
        self.takes = frozenset(hints)

    def __call__(self, event: Event, context: "LambdaContext") -> Response:
        """Answer one request. Whatever happens, the caller gets the envelope, never a trace."""
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
        """The answer; `headers` gets those that a refusal has as well. Raises refusals."""
        arguments: dict[str, Any] = {}
        caller = None
        if "caller" in self.takes:
            arguments["caller"] = caller = Caller.from_context(asked.gateway["authorizer"])
            request.client_id = caller.client_id
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
        """The handler's answer, once its writes and the key's record are in the table."""
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
            kept = _shown(result, without=self.not_kept)
            writes = (key.record(kept), *writes)
        if writes:
            table.transact(*writes)
        return answer

    def _repeated_answer(self, first: FirstAnswer, caller: Caller) -> FirstAnswer:
        """The first answer again, with what was not kept of it made anew."""
        if self.renewed is None:
            return first
        result = self.renewed(json.loads(first.body), caller)
        if result.writes:
            table.transact(*result.writes)
        return FirstAnswer(first.status, _shown(result).body, first.headers)

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


def _decided(decide: Callable[[], FirstAnswer], *, again_when_unknown: bool) -> FirstAnswer:
    """The answer to what was so when its writes got through. Raises Unavailable in the end.

    `again_when_unknown`: a decision whose transaction's answer was lost is made again, once, and
    finds out whether the transaction was carried out.
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
    """A result's answer as the caller gets it, or without those fields."""
    headers = dict(result.headers)
    if result.answer is None:
        return FirstAnswer(204, "", headers)
    return FirstAnswer(200, result.answer.model_dump_json(exclude=without), headers)


def _not_kept(answer: type[BaseModel] | None) -> frozenset[str]:
    fields = answer.model_fields if answer else {}
    return frozenset(name for name, field in fields.items() if NOT_KEPT in field.metadata)


def _refusal(error: Exception, api: Api) -> MotorpoolError:
    """The error, if the API has an answer to it; else Unexpected."""
    if isinstance(error, MotorpoolError) and error.is_answered_on(api):
        return error
    return Unexpected()


def _form(asked: GatewayEvent) -> bytes:
    try:
        return asked.form
    except InvalidParameters as problems:
        raise InvalidTokenRequest(problems.shown) from None


def _ensure_scope(caller: Caller) -> None:
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
    # What was not sent is left out, and only that: a null is another request than no field.
    body = request.model_dump_json(exclude_unset=True) if request else ""
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
        message = (
            "does not have the documented form, or has control characters, line breaks or "
            "direction marks"
        )
    field = ".".join(str(part) for part in found["loc"]) or "body"
    return field, message[0].lower() + message[1:]

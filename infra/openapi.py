"""The OpenAPI 3.1 document of each API, from the routes and handlers that run.

`python -m infra.openapi` writes `.build/openapi/partner.json` and `supplier.json`. An operation is
its `route.py`, its handler's docstring, the models in the signature and the errors in the
decorator, with what all operations share: credentials, idempotency keys, the gateway's refusals.
"""

import json
import runpy
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from importlib.metadata import version
from inspect import cleandoc
from pathlib import Path
from re import findall
from typing import get_args

from openapi_pydantic import (
    Components,
    DataType,
    Example,
    Header,
    Info,
    MediaType,
    OAuthFlow,
    OAuthFlows,
    OpenAPI,
    Operation,
    Parameter,
    PathItem,
    RequestBody,
    Response,
    Schema,
    SecurityScheme,
    Server,
    ServerVariable,
)

from infra.gateway_answers import Answer, answers
from infra.paths import BUILD, FUNCTIONS
from infra.schemas import Schemas, Undocumentable
from infra.spec import STAGES, ApiName, Method, Route, discover
from motorpool.access.callers import CREDENTIAL_HEADERS
from motorpool.access.scopes import Scope
from motorpool.api.endpoint import Endpoint
from motorpool.api.idempotency import HEADER as IDEMPOTENCY_KEY
from motorpool.errors import (
    ENVELOPES,
    InvalidParameters,
    MissingScope,
    MotorpoolError,
    RateLimited,
    Unavailable,
    Unexpected,
)

KEYED: frozenset[Method] = frozenset({"POST", "PUT"})

# The gateway's own refusals that a call of an existing path and method can meet.
REFUSED_BY_GATEWAY = ("UNAUTHORIZED", "THROTTLED", "INTEGRATION_FAILURE", "INTEGRATION_TIMEOUT")

TEXT = Schema(type=DataType.STRING)
NUMBER = Schema(type=DataType.INTEGER)
RATE = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
HEADERS = {
    "x-request-id": Header(
        description="The id of this request, to be quoted when asking about it.", param_schema=TEXT
    ),
    "Idempotent-Replayed": Header(
        description="`true` when this is the first answer again, to a repeated request.",
        param_schema=Schema(type=DataType.STRING, enum=["true"]),
    ),
    "Retry-After": Header(
        description="Seconds to wait before the next try.",
        param_schema=Schema(type=DataType.INTEGER),
    ),
    "Location": Header(description="Where it is.", param_schema=TEXT),
    "Cache-Control": Header(description="`no-store`: it is a secret.", param_schema=TEXT),
    "RateLimit-Limit": Header(
        description="Requests that the client may make in an hour.", param_schema=NUMBER
    ),
    "RateLimit-Remaining": Header(description="What is left of them.", param_schema=NUMBER),
    "RateLimit-Reset": Header(description="Seconds until they are all back.", param_schema=NUMBER),
    "WWW-Authenticate": Header(
        description="What was wrong with the token (RFC 6750).", param_schema=TEXT
    ),
}
IDEMPOTENCY = Parameter.model_validate(
    {
        "name": IDEMPOTENCY_KEY,
        "in": "header",
        "description": "Makes the request safe to repeat: for 24 hours, the same request with the "
        "same key is answered with the first answer. With another request, the key is a 400.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[!-~]+$"},
    }
)


@dataclass(frozen=True, slots=True)
class Contract:
    """One endpoint as its folder describes it; `text` is the docstring of the handler's module."""

    name: str
    route: Route
    handler: Endpoint
    text: str

    @property
    def keyed(self) -> bool:
        """Whether a request may carry an idempotency key."""
        return self.route.method in KEYED and not self.route.public


def main(folder: Path = BUILD / "openapi") -> None:
    """Write both documents. Raises Undocumentable."""
    folder.mkdir(parents=True, exist_ok=True)
    for api in get_args(ApiName):
        (folder / f"{api}.json").write_text(as_json(described(api)), encoding="utf-8")


def as_json(document: OpenAPI) -> str:
    """The document as it is written: no field that was not set, but nulls that were."""
    # The library makes every bound of a number a float: `"minimum": 1980.0`, for an integer.
    plain = json.loads(
        document.model_dump_json(by_alias=True, exclude_unset=True),
        parse_float=lambda number: int(f) if (f := float(number)).is_integer() else f,
    )
    return json.dumps(plain, indent=2, ensure_ascii=False) + "\n"


def described(api: ApiName, functions: Path = FUNCTIONS) -> OpenAPI:
    """The document of an API with all its routes below `functions`. Raises Undocumentable."""
    contracts = list(_contracts(api, functions))
    schemas = Schemas(
        taken=[contract.handler.body for contract in contracts if contract.handler.body],
        answered=[contract.handler.answer for contract in contracts if contract.handler.answer],
    )
    paths: dict[str, dict[str, Operation]] = defaultdict(dict)
    for contract in contracts:
        route = contract.route
        paths[route.path][route.method.lower()] = _operation(contract, schemas)
    return OpenAPI(
        openapi="3.1.1",
        info=Info(title=f"Motorpool {api} API", version=version("motorpool")),
        servers=[
            Server(
                url=f"https://{{host}}/{STAGES[api]}",
                variables={
                    "host": ServerVariable(
                        default="api.motorpool.example", description="Where this API is deployed."
                    )
                },
            )
        ],
        paths={path: PathItem.model_validate(paths[path]) for path in sorted(paths)},
        components=Components.model_validate(
            {"schemas": schemas.components, "securitySchemes": _security_schemes(api, contracts)}
        ),
    )


def _contracts(api: ApiName, functions: Path) -> Iterator[Contract]:
    for function in discover(functions):
        if isinstance(function.spec, Route) and function.spec.api == api:
            module = runpy.run_path(str(function.folder / "handler.py"))
            text = cleandoc(module["__doc__"] or "")
            yield Contract(function.name, function.spec, module["handler"], text)


def _operation(contract: Contract, schemas: Schemas) -> Operation:
    route, body = contract.route, contract.handler.body
    scopes = " or ".join(f"`{scope}`" for scope in route.scope)
    scope = f"\n\nNeeds the scope {scopes}." if scopes else ""
    operation = Operation(
        operationId=contract.name,
        summary=route.summary,
        description=contract.text + scope,
        parameters=list(_parameters(contract, schemas)),
        responses=_success(contract, schemas) | _refusals(contract),
        security=_security(route),
    )
    if body:
        content = schemas.form(body) if contract.handler.form else schemas.taken(body)
        operation.requestBody = RequestBody(required=True, content=content)
    return operation


def _parameters(contract: Contract, schemas: Schemas) -> Iterator[Parameter]:
    for name in findall(r"{(\w+)}", contract.route.path):
        yield Parameter.model_validate(
            {"name": name, "in": "path", "required": True, "schema": TEXT}
        )
    if contract.handler.query:
        yield from schemas.parameters(contract.handler.query)
    if contract.keyed:
        yield IDEMPOTENCY


def _success(contract: Contract, schemas: Schemas) -> dict[str, Response]:
    """The answer that is no refusal, by its status."""
    answer = contract.handler.answer
    status = HTTPStatus.OK
    if not answer:
        status = HTTPStatus.FOUND if contract.handler.redirects else HTTPStatus.NO_CONTENT
    names = ["x-request-id"]
    names += ["Idempotent-Replayed"] if contract.keyed else []
    names += ["Location"] if contract.handler.redirects else contract.handler.headers
    names += RATE if contract.route.per_hour else []
    success = Response(description=status.phrase, headers={name: HEADERS[name] for name in names})
    if answer:
        success.content = schemas.answered(answer)
    return {str(status.value): success}


def _refusals(contract: Contract) -> dict[str, Response]:
    """A response for each status that a refusal can have."""
    api = contract.route.api
    by_status: dict[int, list[Answer]] = defaultdict(list)
    for refusal in (*_from_gateway(contract), *_from_function(contract)):
        by_status[refusal.status].append(refusal)
    return {str(status): _refusal(api, by_status[status]) for status in sorted(by_status)}


def _from_gateway(contract: Contract) -> Iterator[Answer]:
    answered = dict(answers(contract.route.api))
    for response_type in REFUSED_BY_GATEWAY:
        if response_type != "UNAUTHORIZED" or not contract.route.public:
            yield answered[response_type]
    if contract.handler.body:
        yield answered["REQUEST_TOO_LARGE"]


def _from_function(contract: Contract) -> Iterator[Answer]:
    errors: list[type[MotorpoolError]] = [*contract.handler.raises, Unexpected, Unavailable]
    if contract.keyed or contract.handler.query:
        errors.append(InvalidParameters)
    if contract.route.per_hour:
        errors.append(RateLimited)
    if contract.route.scope:
        errors.append(MissingScope)
    for error in errors:
        try:
            status, code, message = error.on(contract.route.api)
        except TypeError as missing:
            raise Undocumentable(f"{contract.name}: {missing}") from missing
        headers = tuple((error.headers or {}).items())
        envelope = error.envelope(contract.route.api)
        yield Answer(status, code, message or error.message, headers, envelope)


def _refusal(api: ApiName, refusals: list[Answer]) -> Response:
    """One status with all its codes. Of those who share a code, the first is the example."""
    code, message = refusals[0].envelope or ENVELOPES[api]
    examples: dict[str, Example] = {}
    for refusal in refusals:
        examples.setdefault(refusal.code, Example(value=json.loads(refusal.body(api))))
    meanings = dict.fromkeys(f"- `{refusal.code}`: {refusal.message}" for refusal in refusals)
    names = {"x-request-id", *(name for refusal in refusals for name, _ in refusal.headers)}
    envelope = Schema(
        type=DataType.OBJECT,
        properties={code: Schema(type=DataType.STRING, enum=list(examples)), message: TEXT},
        required=[code, message],
    )
    return Response(
        description="\n".join([HTTPStatus(refusals[0].status).phrase, "", *meanings]),
        headers={name: HEADERS[name] for name in sorted(names)},
        content={"application/json": MediaType(media_type_schema=envelope, examples=examples)},
    )


def _security(route: Route) -> list[dict[str, list[str]]]:
    """The alternatives: all three headers or, on the supplier API, a token with the scope."""
    headers: dict[str, list[str]] = {name: [] for name in CREDENTIAL_HEADERS}
    if route.public:
        return []
    if route.api == "partner":
        return [headers]
    tokens: list[dict[str, list[str]]] = [{"token": [scope]} for scope in route.scope]
    return [*tokens, headers]


def _security_schemes(api: ApiName, contracts: list[Contract]) -> dict[str, SecurityScheme]:
    headers = {
        name: SecurityScheme(type="apiKey", name=name, security_scheme_in="header")
        for name in CREDENTIAL_HEADERS
    }
    if api == "partner":
        return headers
    needed_to = {
        scope: [contract.route.summary for contract in contracts if scope in contract.route.scope]
        for scope in get_args(Scope)
    }
    grant = OAuthFlow(
        tokenUrl=f"/{STAGES[api]}/oauth/token",
        scopes={scope: ", ".join(summaries) for scope, summaries in needed_to.items()},
    )
    token = SecurityScheme(type="oauth2", flows=OAuthFlows(clientCredentials=grant))
    return {"token": token} | headers


if __name__ == "__main__":
    main()

"""The OpenAPI 3.1 document of each API, made from the routes and handlers that run.

`python -m infra.openapi` writes `docs/openapi/partner.json` and `supplier.json`. An operation is
made from its `route.py`, its handler's docstring, the models in the handler's signature and the
errors in its decorator. All operations share credentials, idempotency keys and gateway errors.
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
from pydantic.alias_generators import to_snake

from infra.gateway_answers import RENAMED, Answer, answers
from infra.limits import ADDRESS_PER_MINUTE, CLIENT, OPERATION, PUBLIC_OPERATION, Limit
from infra.paths import FUNCTIONS, OPENAPI
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
    NotForDevices,
    RateLimited,
    Unavailable,
    Unexpected,
)

KEYED: frozenset[Method] = frozenset({"POST", "PUT"})

# The gateway's own errors that a call of an existing path and method can get.
REFUSED_BY_GATEWAY = (
    "UNAUTHORIZED",
    "INVALID_API_KEY",
    "THROTTLED",
    "INTEGRATION_FAILURE",
    "INTEGRATION_TIMEOUT",
)
# Those of them that need a client.
OF_CLIENTS = {"UNAUTHORIZED", "INVALID_API_KEY"}

TEXT = Schema(type=DataType.STRING)
NUMBER = Schema(type=DataType.INTEGER)
RATE = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
HEADERS = {
    "x-request-id": Header(
        description="Id of this request. Quote it when you report a problem.", param_schema=TEXT
    ),
    "Idempotent-Replayed": Header(
        description="`true` when this is the stored answer to an earlier request with the same "
        "Idempotency-Key.",
        param_schema=Schema(type=DataType.STRING, enum=["true"]),
    ),
    "Retry-After": Header(
        description="Seconds to wait before repeating the request.",
        param_schema=Schema(type=DataType.INTEGER),
    ),
    "Location": Header(
        description="URL of the photo's file, or of the transfer.", param_schema=TEXT
    ),
    "Cache-Control": Header(
        description="Always `no-store`: the answer has a secret or is about one.", param_schema=TEXT
    ),
    "RateLimit-Limit": Header(
        description="Number of requests to this operation that the client may make in an hour.",
        param_schema=NUMBER,
    ),
    "RateLimit-Remaining": Header(
        description="Number of those requests that are left in this hour.", param_schema=NUMBER
    ),
    "RateLimit-Reset": Header(
        description="Seconds until the next hour begins (full hours of UTC).", param_schema=NUMBER
    ),
    "WWW-Authenticate": Header(
        description="How to authenticate (RFC 6750), when the credentials are wrong.",
        param_schema=TEXT,
    ),
    RENAMED["WWW-Authenticate"]: Header(
        description="What `WWW-Authenticate` is in other answers (RFC 6750, 7617); API Gateway "
        "renames it here.",
        param_schema=TEXT,
    ),
}
ABOUT_BOTH = """Bodies are JSON with strict types: `"2020"` is not a number. Unknown fields of a
request are ignored. An answer has all its fields; unset ones are `null`. Every answer has the
header `x-request-id`. Times are ISO 8601 in UTC with milliseconds, unless a field says otherwise.
"""


def _requests(limit: Limit) -> str:
    return f"{limit.per_second} requests a second ({limit.at_once:,} at once after a quiet time)"


ABOUT_LIMITS = f"""All clients together may make {_requests(OPERATION)} to one operation.
If the operator limits each client, it may make {_requests(CLIENT)} to all operations of both APIs
together; if the operator limits each address, it may make about {ADDRESS_PER_MINUTE:,} a minute.
More are answered with 429 and `Retry-After`.
"""
ABOUT_TOKENS = f"""For `POST /oauth/token`, it is {_requests(PUBLIC_OPERATION)} by all clients.
"""
ABOUT_HEALTH = f"""For `GET /health`, it is {_requests(PUBLIC_OPERATION)} by all callers.
"""
ABOUT: dict[ApiName, str] = {
    "partner": f"""Register vehicles, check in their mileage with photos, and review the check-ins.

{ABOUT_BOTH}
Errors are `{{"error_code": "…", "error_message": "…"}}`. The business rules of check-ins have
status 500 and codes of their own; only `INTERNAL_SERVER_ERROR` is a failure of the service. A
resource of another partner is answered with 404, one outside the client's organizations with 403.

{ABOUT_LIMITS}{ABOUT_HEALTH}""",
    "supplier": f"""Transfer vehicles between a supplier's organizations, and assign drivers.

{ABOUT_BOTH}
Errors are `{{"code": "…", "message": "…"}}`; those of the token endpoint are as in RFC 6749. A
resource of another partner, or outside the client's organizations, is answered with 404.

{ABOUT_LIMITS}{ABOUT_TOKENS}""",
}
CREDENTIALS = {
    "partnerId": "Id of the partner: `ptr_…`.",
    "clientId": "Id of the client: `cli_…`; or of a user's device: `dev_…`.",
    "clientSecret": "Secret of the client or device: `motorpool_secret_…`.",
}
# Path parameters that are not named after what they are the id of.
PATH_PARAMETERS = {
    "id": "Id of the check-in.",
    "phone": "Phone number in E.164 format: `+14155550123`.",
}
IDEMPOTENCY = Parameter.model_validate(
    {
        "name": IDEMPOTENCY_KEY,
        "in": "header",
        "description": "Makes the request safe to repeat. Within 24 hours, the same request with "
        "the same key gets the first answer again; a different request with it gets 400.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[!-~]+$"},
    }
)


@dataclass(frozen=True, slots=True)
class Contract:
    """One endpoint. `text` is the docstring of the handler's module."""

    name: str
    route: Route
    handler: Endpoint
    text: str

    @property
    def keyed(self) -> bool:
        """Whether a request may have an Idempotency-Key."""
        return self.route.method in KEYED and not self.route.public


def main(folder: Path = OPENAPI) -> None:
    """Write both documents. Raises Undocumentable."""
    folder.mkdir(parents=True, exist_ok=True)
    for api in get_args(ApiName):
        (folder / f"{api}.json").write_text(as_json(described(api)), encoding="utf-8")


def as_json(document: OpenAPI) -> str:
    """The document as JSON: without unset fields, with fields that were set to null."""
    # The library makes every bound a float, `1980.0` for an integer's minimum too.
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
        info=Info(
            title=f"Motorpool {api} API", version=version("motorpool"), description=ABOUT[api]
        ),
        servers=[
            Server(
                url=f"https://{{host}}/{STAGES[api]}",
                variables={
                    "host": ServerVariable(
                        default="api.motorpool.example",
                        description="The host on which this API is deployed.",
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
        about = PATH_PARAMETERS.get(name, f"Id of the {to_snake(name).removesuffix('_id')}.")
        yield Parameter.model_validate(
            {"name": name, "in": "path", "required": True, "description": about, "schema": TEXT}
        )
    if contract.handler.query:
        yield from schemas.parameters(contract.handler.query)
    if contract.keyed:
        yield IDEMPOTENCY


def _success(contract: Contract, schemas: Schemas) -> dict[str, Response]:
    """The response of a request that succeeds, by its status."""
    answer = contract.handler.answer
    status = HTTPStatus.OK
    if not answer:
        status = HTTPStatus.FOUND if contract.handler.redirects else HTTPStatus.NO_CONTENT
    names = ["x-request-id"]
    names += ["Idempotent-Replayed"] if contract.keyed else []
    names += ["Location"] if contract.handler.redirects else contract.handler.headers
    names += RATE if contract.route.per_hour else []
    about = _first_paragraph(answer) if answer else status.phrase
    success = Response(description=about, headers={name: HEADERS[name] for name in names})
    if answer:
        success.content = schemas.answered(answer)
    return {str(status.value): success}


def _refusals(contract: Contract) -> dict[str, Response]:
    """The responses of requests that fail, by their status."""
    api = contract.route.api
    by_status: dict[int, list[Answer]] = defaultdict(list)
    for refusal in (*_from_gateway(contract), *_from_function(contract)):
        by_status[refusal.status].append(refusal)
    return {str(status): _refusal(api, by_status[status]) for status in sorted(by_status)}


def _from_gateway(contract: Contract) -> Iterator[Answer]:
    answered = dict(answers(contract.route.api))
    for response_type in REFUSED_BY_GATEWAY:
        if response_type not in OF_CLIENTS or not contract.route.public:
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
    if contract.route.api == "partner" and not (contract.route.public or contract.route.devices):
        errors.append(NotForDevices)
    for error in errors:
        try:
            status, code, message = error.on(contract.route.api)
        except TypeError as missing:
            raise Undocumentable(f"{contract.name}: {missing}") from missing
        headers = tuple(
            (RENAMED.get(name, name), value) for name, value in (error.headers or {}).items()
        )
        envelope = error.envelope(contract.route.api)
        meaning = _first_paragraph(error)
        yield Answer(status, code, message or error.message, headers, envelope, meaning)


def _first_paragraph(documented: type) -> str:
    return cleandoc(documented.__doc__ or "").partition("\n\n")[0].replace("\n", " ")


def _refusal(api: ApiName, refusals: list[Answer]) -> Response:
    """The response of one status with all its codes; each code's first error is its example."""
    code, message = refusals[0].envelope or ENVELOPES[api]
    examples: dict[str, Example] = {}
    for refusal in refusals:
        examples.setdefault(refusal.code, Example(value=json.loads(refusal.body(api))))
    explained = {refusal.code for refusal in refusals if refusal.meaning}
    meanings = dict.fromkeys(
        f"- `{refusal.code}`: {refusal.meaning or refusal.message}"
        for refusal in refusals
        if refusal.meaning or refusal.code not in explained
    )
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
    """The alternatives: the three headers or, on the supplier API, a token with the scope."""
    headers: dict[str, list[str]] = {name: [] for name in CREDENTIAL_HEADERS}
    if route.public:
        return []
    if route.api == "partner":
        return [headers]
    tokens: list[dict[str, list[str]]] = [{"token": [scope]} for scope in route.scope]
    return [*tokens, headers]


def _security_schemes(api: ApiName, contracts: list[Contract]) -> dict[str, SecurityScheme]:
    headers = {
        name: SecurityScheme(
            type="apiKey", name=name, security_scheme_in="header", description=CREDENTIALS[name]
        )
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
        scopes={
            scope: ", ".join(summaries) or "No operation of this API needs it."
            for scope, summaries in needed_to.items()
        },
    )
    token = SecurityScheme(
        type="oauth2",
        flows=OAuthFlows(clientCredentials=grant),
        description="An access token of `POST /oauth/token`, sent as `Authorization: Bearer …`.",
    )
    return {"token": token} | headers


if __name__ == "__main__":
    main()

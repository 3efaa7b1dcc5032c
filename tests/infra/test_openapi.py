"""The OpenAPI documents say what the running code does, in words that a generator understands."""

import json
import runpy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from infra.openapi import as_json, described
from infra.paths import FUNCTIONS
from infra.schemas import Undocumentable
from infra.spec import ApiName, Function, Route, discover
from motorpool.api.endpoint import Endpoint

type Json = dict[str, Any]
type AddEndpoint = Callable[[str, str, str], Path]

APIS: tuple[ApiName, ...] = get_args(ApiName)
ROUTES = [(f, f.spec) for f in discover() if isinstance(f.spec, Route)]
every_api = pytest.mark.parametrize("api", APIS)
every_route = pytest.mark.parametrize(
    ("function", "route"), ROUTES, ids=[function.name for function, _ in ROUTES]
)

LIST_ROUTE = """
from infra.spec import Route

spec = Route(
    api="supplier",
    method="GET",
    path="/vehicle-suppliers/organizations/{organization_id}/vehicles",
    summary="List the vehicles of an organization",
    scope=("vehicle_suppliers.vehicles.read", "vehicle_suppliers.vehicles.write"),
)
"""

LIST_VEHICLES = '''
"""GET /vehicle-suppliers/organizations/{organization_id}/vehicles: a page of vehicles."""

from typing import Literal

from pydantic import Field

from motorpool.api.endpoint import endpoint
from motorpool.errors import OrganizationNotFound
from motorpool.api.schemas import SupplierModel


class Page(SupplierModel):
    page_size: int = Field(25, ge=1, le=100, description="Vehicles per page.")
    supplier_type: Literal["fleet", "rental"] = Field(description="Whose vehicles.")


class Position(SupplierModel):
    latitude: float = Field(ge=-90, le=90, examples=[37.5])


class Listed(SupplierModel):
    id: str = Field(examples=["veh_1"])
    last_seen: Position | None = None


class Vehicles(SupplierModel):
    vehicles: list[Listed]
    next_page_token: str | None = Field(None, examples=[None])


@endpoint(raises=(OrganizationNotFound,))
def handler(organization_id: str, query: Page) -> Vehicles:
    raise OrganizationNotFound
'''


def document(api: ApiName, functions: Path = FUNCTIONS) -> Json:
    """An API's document, as a partner parses it."""
    parsed: Json = json.loads(as_json(described(api, functions)))
    return parsed


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Path, method and operation of everything in a document."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method.upper(), operation


def operation_of(function: Function, route: Route) -> Json:
    """The operation that documents a function's route."""
    found: Json = document(route.api)["paths"][route.path][route.method.lower()]
    assert found["operationId"] == function.name
    return found


def handler_of(function: Function) -> Endpoint:
    """The handler that runs."""
    handler = runpy.run_path(str(function.folder / "handler.py"))["handler"]
    assert isinstance(handler, Endpoint)
    return handler


def media_types(operation: Json) -> Iterator[Json]:
    """Everything JSON that an operation takes or answers."""
    for carrier in (operation.get("requestBody", {}), *operation["responses"].values()):
        yield from carrier.get("content", {}).values()


def examples(media_type: Json) -> list[Any]:
    """All examples of one media type; there must be one."""
    if "example" in media_type:
        return [media_type["example"]]
    return [example["value"] for example in media_type["examples"].values()]


def schema(document: Json, name: str) -> Json:
    """One of the document's named schemas."""
    found: Json = document["components"]["schemas"][name]
    return found


def assert_valid(document: Json) -> None:
    """OpenAPI 3.1, with examples that are what their schemas describe (Draft 2020-12)."""
    assert document["openapi"].startswith("3.1.")
    OpenAPIV31SpecValidator(document).validate()
    for _, _, operation in operations(document):
        for media_type in media_types(operation):
            validator = OAS31Validator(document | media_type["schema"])
            for example in examples(media_type):
                validator.validate(example)


@pytest.fixture
def add_endpoint(tmp_path: Path) -> AddEndpoint:
    """Adds an endpoint to a folder of functions that has no other; gives the folder."""

    def add(name: str, route: str, handler: str) -> Path:
        (folder := tmp_path / "functions" / name).mkdir(parents=True)
        (folder / "route.py").write_text(route)
        (folder / "handler.py").write_text(handler)
        return folder.parent

    return add


@every_api
def test_a_document_is_valid_and_its_examples_are_what_its_schemas_describe(api: ApiName) -> None:
    assert_valid(document(api))


@every_api
def test_the_operations_of_an_api_are_its_routes(api: ApiName) -> None:
    documented = {
        (path, method, operation["operationId"], operation["summary"])
        for path, method, operation in operations(document(api))
    }
    assert documented == {
        (route.path, route.method, function.name, route.summary)
        for function, route in ROUTES
        if route.api == api
    }


@pytest.mark.parametrize(("api", "stage"), [("partner", "api"), ("supplier", "v1")])
def test_a_server_is_a_host_and_the_stage(api: ApiName, stage: str) -> None:
    [server] = document(api)["servers"]
    assert server["url"] == f"https://{{host}}/{stage}"


@every_route
def test_every_error_a_handler_raises_has_its_status_code_and_example(
    function: Function, route: Route
) -> None:
    responses = operation_of(function, route)["responses"]
    for error in handler_of(function).raises:
        code_field, message_field = error.envelope(route.api)
        status, code, message = error.on(route.api)
        answered = responses[str(status)]["content"]["application/json"]
        assert code in answered["schema"]["properties"][code_field]["enum"]
        assert answered["schema"]["required"] == [code_field, message_field]
        assert answered["examples"][code]["value"] == {
            code_field: code,
            message_field: message or error.message,
        }


@every_route
def test_every_operation_has_the_refusals_that_no_handler_raises(
    function: Function, route: Route
) -> None:
    responses = operation_of(function, route)["responses"]
    handler = handler_of(function)
    success = "302" if handler.redirects else "200" if handler.answer else "204"
    refused = {"429", "500"} if function.name == "get_health" else {"401", "429", "500"}
    assert {success} | refused <= responses.keys()
    assert [status for status in responses if status < "400"] == [success]
    assert ("503" in responses) == (route.api == "supplier")
    assert "Retry-After" in responses["429"]["headers"]
    assert all("x-request-id" in response["headers"] for response in responses.values())


@every_route
def test_only_a_post_or_put_of_a_client_takes_an_idempotency_key_and_may_find_it_invalid(
    function: Function, route: Route
) -> None:
    operation = operation_of(function, route)
    keyed = route.method in {"POST", "PUT"} and not route.public
    names = [parameter["name"] for parameter in operation["parameters"]]
    assert ("Idempotency-Key" in names) == keyed
    [success] = [answer for status, answer in operation["responses"].items() if status < "400"]
    assert ("Idempotent-Replayed" in success["headers"]) == keyed
    assert "400" in operation["responses"] or not keyed


@every_route
def test_the_description_is_the_contract_at_the_top_of_the_handler(
    function: Function, route: Route
) -> None:
    first_line = (function.folder / "handler.py").read_text().splitlines()[0]
    assert operation_of(function, route)["description"].startswith(first_line.strip('"'))


@every_route
def test_a_handler_accepts_the_example_of_its_request(function: Function, route: Route) -> None:
    if body := handler_of(function).body:
        [content] = operation_of(function, route)["requestBody"]["content"].values()
        body.model_validate_json(json.dumps(content["example"]))


@every_route
def test_every_field_of_an_answer_is_always_there(function: Function, route: Route) -> None:
    model = handler_of(function).answer
    if model is None:
        [success] = [
            answer
            for status, answer in operation_of(function, route)["responses"].items()
            if status < "400"
        ]
        assert ("Location" in success["headers"]) == handler_of(function).redirects
        assert "content" not in success
    else:
        answer = schema(document(route.api), model.__name__)
        assert answer["required"] == list(answer["properties"])


def test_a_partner_sends_all_three_headers() -> None:
    partner = document("partner")
    for path, _, operation in operations(partner):
        headers: dict[str, list[str]] = {"partnerId": [], "clientId": [], "clientSecret": []}
        assert operation["security"] == ([] if path == "/health" else [headers])
    for name, scheme in partner["components"]["securitySchemes"].items():
        described = scheme.pop("description")
        assert described
        assert scheme == {"type": "apiKey", "in": "header", "name": name}


def test_create_by_vin_takes_the_documented_fields() -> None:
    request = schema(document("partner"), "CreateVehicleByVin")
    taken = ["userId", "vin", "make", "model", "year", "licensePlate", "state"]
    assert list(request["properties"]) == [*taken, "externalId", "metadata"]
    assert request["required"] == taken[:5]
    year = request["properties"]["year"]
    assert (year["type"], year["minimum"]) == ("integer", 1980)


def test_create_by_vin_answers_the_documented_fields() -> None:
    answer = schema(document("partner"), "VehicleAnswer")
    assert answer["required"] == [
        "id",
        "license",
        "photoUrl",
        "make",
        "model",
        "vin",
        "state",
        "year",
        "dateAdded",
        "updated",
        "userId",
        "customerPhoneNumber",
        "active",
        "organizationId",
        "externalId",
        "metadata",
    ]
    assert answer["properties"].keys() == set(answer["required"])
    assert answer["properties"]["active"]["type"] == "boolean"
    assert answer["properties"]["year"]["type"] == "string"


def test_create_by_vin_can_be_refused_as_documented() -> None:
    responses = document("partner")["paths"]["/vehicles/create/by-vin"]["post"]["responses"]
    codes = {
        status: set(response["content"]["application/json"]["examples"])
        for status, response in responses.items()
        if status != "200"
    }
    assert codes == {
        "400": {"ERROR_INVALID_PARAMETERS"},
        "401": {"ERROR_UNAUTHORIZED"},
        "403": {"ERROR_NO_PERMISSIONS_TO_RESOURCE"},
        "404": {"ERROR_USER_NOT_FOUND"},
        "409": {"ERROR_VEHICLE_ALREADY_EXISTS"},
        "413": {"ERROR_REQUEST_TOO_LARGE"},
        "429": {"ERROR_RATE_LIMITED"},
        "500": {"INTERNAL_SERVER_ERROR"},
    }


def test_a_transfer_can_be_refused_as_documented() -> None:
    path = "/vehicle-suppliers/vehicles/{vehicle_id}/transfer"
    responses = document("supplier")["paths"][path]["post"]["responses"]
    refusals = {
        (int(status), code): example["value"]["message"]
        for status, response in responses.items()
        if status >= "400"
        for code, example in response["content"]["application/json"]["examples"].items()
    }
    documented = {
        (400, "bad_request"): "The request parameters are invalid",
        (401, "unauthorized"): "Invalid OAuth 2.0 credentials provided",
        (404, "vehicle_not_found"): "Vehicle was not found or not authorized",
        (404, "organization_not_found"): ("Supplier organization was not found or not authorized"),
        (422, "transfer_assigned_vehicle"): "It is not allowed to transfer an assigned vehicle",
        (429, "rate_limited"): "Number of requests exceeds allowed limit",
        (500, "internal_server_error"): "Internal server error",
        (503, "service_unavailable"): "Service unavailable",
    }
    assert documented.items() <= refusals.items()
    assert refusals.keys() - documented.keys() == {
        (404, "user_not_found"),
        (413, "request_too_large"),
        (422, "transfer_in_progress"),
    }
    told = {"Location", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"}
    assert told <= responses["200"]["headers"].keys()


def test_a_token_is_asked_for_with_a_form_and_without_other_credentials() -> None:
    operation = document("supplier")["paths"]["/oauth/token"]["post"]
    assert operation["security"] == []
    assert list(operation["requestBody"]["content"]) == ["application/x-www-form-urlencoded"]
    [invalid] = operation["responses"]["401"]["content"].values()
    assert invalid["schema"]["required"] == ["error", "error_description"]
    assert "Cache-Control" in operation["responses"]["200"]["headers"]


def test_a_supplier_route_is_documented_as_soon_as_it_is_there(add_endpoint: AddEndpoint) -> None:
    functions = add_endpoint("list_vehicles", LIST_ROUTE, LIST_VEHICLES)

    supplier = document("supplier", functions)

    assert_valid(supplier)
    [(_, _, operation)] = operations(supplier)
    assert operation["description"].endswith(
        "Needs the scope `vehicle_suppliers.vehicles.read` or `vehicle_suppliers.vehicles.write`."
    )
    assert operation["security"] == [
        {"token": ["vehicle_suppliers.vehicles.read"]},
        {"token": ["vehicle_suppliers.vehicles.write"]},
        {"partnerId": [], "clientId": [], "clientSecret": []},
    ]
    assert [(p["name"], p["in"], p["required"]) for p in operation["parameters"]] == [
        ("organization_id", "path", True),
        ("page_size", "query", False),
        ("supplier_type", "query", True),
    ]
    responses = operation["responses"]
    assert responses.keys() == {"200", "400", "401", "404", "429", "500", "503"}
    assert responses["404"]["content"]["application/json"]["examples"] == {
        "organization_not_found": {
            "value": {
                "code": "organization_not_found",
                "message": "Supplier organization was not found or not authorized",
            }
        }
    }
    # The authorizer's refusal, and the function's, whose header API Gateway renames.
    challenges = {"WWW-Authenticate", "x-amzn-remapped-www-authenticate"}
    assert challenges <= set(responses["401"]["headers"])
    token = supplier["components"]["securitySchemes"]["token"]["flows"]["clientCredentials"]
    assert token["tokenUrl"] == "/v1/oauth/token"
    assert token["scopes"]["vehicle_suppliers.vehicles.read"] == operation["summary"]


def test_an_example_is_put_together_through_lists_and_models(add_endpoint: AddEndpoint) -> None:
    functions = add_endpoint("list_vehicles", LIST_ROUTE, LIST_VEHICLES)
    supplier = document("supplier", functions)
    [(_, _, operation)] = operations(supplier)
    assert operation["responses"]["200"]["content"]["application/json"]["example"] == {
        "vehicles": [{"id": "veh_1", "last_seen": {"latitude": 37.5}}],
        "next_page_token": None,
    }
    for name in ("Listed", "Vehicles"):
        assert schema(supplier, name)["required"] == list(schema(supplier, name)["properties"])


def test_an_error_without_an_answer_on_the_api_cannot_be_documented(
    add_endpoint: AddEndpoint,
) -> None:
    handler = LIST_VEHICLES.replace("OrganizationNotFound", "NoPermission")
    functions = add_endpoint("list_vehicles", LIST_ROUTE, handler)
    with pytest.raises(Undocumentable, match=r"^list_vehicles: NoPermission has no answer on the "):
        described("supplier", functions)


def test_a_field_without_an_example_cannot_be_documented(add_endpoint: AddEndpoint) -> None:
    handler = LIST_VEHICLES.replace('examples=["veh_1"]', "")
    functions = add_endpoint("list_vehicles", LIST_ROUTE, handler)
    with pytest.raises(Undocumentable, match=r"^Vehicles\.vehicles\.id has no example$"):
        described("supplier", functions)

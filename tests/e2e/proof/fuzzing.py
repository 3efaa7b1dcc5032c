"""Schemathesis against a document: what it sends, what it holds the answers to, what it found."""

import copy
import secrets
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from schemathesis.engine import events, from_schema

from infra.local.vins import bronco
from tests.e2e.api import new_plate
from tests.e2e.tenant import Tenant, photo_id

IDEMPOTENCY_KEY = "Idempotency-Key"
# Documented codes that stand for a failure of ours; the other 500s are the contract's refusals.
FAILURES = {"INTERNAL_SERVER_ERROR", "internal_server_error", "service_unavailable"}

PHASES = ("examples", "coverage", "fuzzing", "stateful")
# A run is the same run again, as far as the answers are.
SEED = 20261121
WORKERS = 4
CHECKS = {
    # 500 is in the contract; `only_documented_failures` says which.
    "not_a_server_error": {"expected-statuses": ["2xx", "3xx", "4xx", "500"]},
    # The gateway cannot tell an unknown method from an unknown path: both are 404.
    "unsupported_method": {"enabled": False},
    # 422 is the supplier API's conflict: the vehicle is assigned, or on its way to another owner.
    "positive_data_acceptance": {
        "expected-statuses": ["2xx", "3xx", "401", "403", "404", "409", "422", "429", "5xx"]
    },
    # Credentials go with every request here; their absence is the matrix's.
    "missing_required_header": {"enabled": False},
}

# What these answer to a request that its schema allows may be a 400 for a reason that no schema
# can state. All others must take what their schema allows (a resource that is not there aside).
BEYOND_SCHEMAS = {
    "create_vehicle_by_vin": "whether a VIN decodes, and to what; a plate needs a state",
    "update_user": "a name may be left out, and must not be null",
    "update_vehicle": "a plate needs a state; the user must be one of the owner's",
    "request_photo_upload": "photos are of this age and not of the year 9999",
    "create_mileage_check_in": "a vehicle's first plate needs a state",
    "update_mileage_check_in": "792.0 is an integer to JSON Schema, and none to this API",
    "review_mileage_check_in": "declining needs a note; what is on hold cannot be put on hold",
    "list_user_devices": "cursors are encrypted",
    "list_user_vehicles": "cursors are encrypted",
    "list_users": "cursors are encrypted",
    "list_vehicles": "cursors are encrypted; a state needs a plate",
    "list_vehicle_check_ins": "cursors are encrypted",
    "list_vehicle_history": "cursors are encrypted",
    "list_check_ins_for_review": "cursors are encrypted",
    "list_events": "ids of events are encrypted",
    "list_supplier_events": "ids of events are encrypted",
    "list_supplier_vehicles": "page tokens are encrypted",
    "get_custody": "page tokens are encrypted",
    "transfer_vehicle": "the new user must be one of the new owner's",
    "issue_token": "RFC 6749 says 400 to an unknown grant or scope",
}


@dataclass
class Findings:
    """A run: how many cases were sent in each phase, what was answered, and what was wrong."""

    cases: Counter[str] = field(default_factory=Counter)
    statuses: dict[str, Counter[int]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def never_served(self) -> set[str]:
        """The operations that answered nothing but refusals."""
        return {
            operation
            for operation, statuses in self.statuses.items()
            if not any(status < 400 for status in statuses)
        }

    def __str__(self) -> str:
        total, seconds = sum(self.cases.values()), round(self.seconds)
        rows = [f"{total} cases in {seconds} s, {len(self.problems)} failures: {dict(self.cases)}"]
        rows += [f"  {name}: {dict(each)}" for name, each in sorted(self.statuses.items())]
        return "\n".join(rows)


def fuzzed(
    document: Mapping[str, Any],
    url: str,
    headers: dict[str, str],
    *,
    examples: int,
    steps: int,
    seconds: int | None,
) -> Findings:
    """Send the cases of all phases to the API there.

    That is the documented examples, every edge of the schemas, `examples` random requests to each
    operation, and as many ways through the API, `steps` long. With `seconds`, the operations share
    that time instead: of the edges there are as many as go into it, and of chance as well.
    """
    phases: dict[str, Any] = {name: {"enabled": True} for name in PHASES}
    phases["stateful"]["max-steps"] = steps
    settings = {
        "base-url": url,
        "headers": headers,
        "workers": WORKERS,
        "seed": SEED,
        "continue-on-failure": True,
        "generation": {
            "max-examples": examples,
            "database": "none",
            # Credentials of chance beside a token would have it refused, and nothing else tried.
            "with-security-parameters": False,
        },
        "phases": phases,
        **({"max-time": seconds} if seconds else {}),
        "checks": CHECKS,
        "operations": [
            {
                "include-operation-id": name,
                "checks": {"positive_data_acceptance": {"enabled": False}},
            }
            for name in BEYOND_SCHEMAS
        ],
    }
    config = schemathesis.Config.from_dict(settings)
    schema = schemathesis.openapi.from_dict(dict(document), config=config)
    findings, started = Findings(), time.monotonic()
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            _note(event, findings)
        elif isinstance(event, events.NonFatalError | events.FatalError):
            findings.problems.append(str(event))
    findings.seconds = time.monotonic() - started
    return findings


def _note(event: events.ScenarioFinished, findings: Findings) -> None:
    recorder = event.recorder
    findings.cases[event.phase.value] += len(recorder.interactions)
    for case, interaction in recorder.interactions.items():
        if interaction.response is not None:
            operation = recorder.cases[case].value.operation.label
            statuses = findings.statuses.setdefault(operation, Counter())
            statuses[interaction.response.status_code] += 1
    for case, checks in recorder.checks.items():
        for check in checks:
            if check.failure_info is not None:
                failure = check.failure_info.failure
                answered = recorder.interactions[case].response
                findings.problems.append(
                    f"{check.name}: {failure.title}: {failure.message}\n"
                    f"{check.failure_info.code_sample}\n{answered and answered.text[:500]}"
                )


@schemathesis.check
def only_documented_failures(
    ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case[Any]
) -> None:
    """No 5xx but those that are business outcomes, and every answer has its request's id."""
    if response.status_code >= 500:
        body = response.json()
        code = body.get("error_code") or body.get("code")
        assert code not in {None, *FAILURES}, f"{response.status_code} {code}"
    assert response.headers.get("x-request-id"), "without a request id"


@schemathesis.hook
def before_call(
    context: schemathesis.HookContext, case: schemathesis.Case[Any], kwargs: dict[str, Any]
) -> None:
    """A key of its own for each request: they draw the same one, and would be taken for repeats."""
    key = case.headers.get(IDEMPOTENCY_KEY) if case.headers else None
    proper = isinstance(key, str) and 1 <= len(key) <= 64 and key.isascii() and key.isprintable()
    if proper and " " not in str(key):
        case.headers[IDEMPOTENCY_KEY] = secrets.token_hex(8)


# --- proposals ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Proposals:
    """Things that are there: without them nearly all answers would be 404s.

    `values` by the name of the field or parameter (of one operation only: `operation_id.name`),
    `bodies` (whole requests) by operation id.
    """

    values: Mapping[str, list[Any]]
    bodies: Mapping[str, list[Any]]

    @classmethod
    def of(cls, tenant: Tenant) -> "Proposals":
        """A tenant's own things, made for this."""
        users = [tenant.user() for _ in range(2)]
        vehicles = [tenant.vehicle(users[0], new_plate()) for _ in range(4)]
        unchecked = [tenant.vehicle(users[1], new_plate()) for _ in range(3)]
        held = [tenant.on_hold(vehicle) for vehicle in vehicles[:3]]
        amendments = [_amendment(tenant, vehicle) for vehicle in vehicles[:3]]
        pending = [tenant.check_in(vehicles[3], 1).json()]
        moved = tenant.supplier.moved(tenant.vehicle_id(), tenant.west.id)
        requests = [tenant.check_in_body(vehicle) for vehicle in unchecked]
        phones = [tenant.api.get(f"/users/{user}").json()["phone"] for user in users]
        photos = [body["licensePhotos"][0]["url"] for body in requests]
        # Pictures are made of these, so their files are there.
        sent = [tenant.photo(user) for user in users]
        for handle in sent:
            tenant.inspected(handle)
        announced = [tenant.announced(user)["photoUrl"] for user in users]
        owners = [tenant.root.id, tenant.west.id, tenant.rental.id]
        vehicle_ids = [vehicle["id"] for vehicle in (*vehicles, *unchecked)]
        secret = {
            "client_id": tenant.client.id,
            "client_secret": tenant.api.credentials["clientSecret"],
        }
        return cls(
            values={
                "userId": users,
                "driver_id": users,
                "new_user_id": users,
                "phone": phones,
                "vehicleId": vehicle_ids,
                "vehicle_id": [moved["vehicle_id"], *vehicle_ids],
                "photoId": [photo_id(handle) for handle in sent],
                "renew_photo_upload.photoId": [photo_id(handle) for handle in announced],
                "url": photos,
                "id": [check_in["id"] for check_in in (*held, *pending)],
                # What is reviewed cannot be amended any more: each has its own.
                "update_mileage_check_in.id": [check_in["id"] for check_in in held],
                "review_mileage_check_in.id": [check_in["id"] for check_in in pending],
                "transfer_id": [moved["id"]],
                "organizationId": owners,
                "owner_id": owners,
                "new_owner_id": owners,
                "licensePlate": [vehicle["license"] for vehicle in vehicles],
            },
            bodies={
                "create_vehicle_by_vin": [{"userId": users[0]} | bronco() for _ in range(4)],
                "create_mileage_check_in": requests,
                "update_mileage_check_in": amendments,
                "issue_token": [{"grant_type": "client_credentials"} | secret],
                "transfer_vehicle": [{"new_owner_id": owner} for owner in owners],
                "assign_driver": [{"driver_id": user} for user in users],
            },
        )

    def named_in(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """The document with them in it, as values that its schemas allow already.

        Only what is sent is touched: parameters, and the schemas and examples of requests.
        """
        proposed = copy.deepcopy(dict(document))
        for operation in (each for path in proposed["paths"].values() for each in path.values()):
            for parameter in operation.get("parameters", ()):
                name = parameter["name"]
                own = self.values.get(f"{operation['operationId']}.{name}")
                if values := own or self.values.get(name):
                    parameter["schema"] = _or_one_of(values, parameter["schema"])
                    parameter["examples"] = {str(n): {"value": v} for n, v in enumerate(values)}
            for media in operation.get("requestBody", {}).get("content", {}).values():
                self._name_in(media["schema"], proposed)
                if bodies := self.bodies.get(operation["operationId"]):
                    del media["example"]
                    media["examples"] = {str(n): {"value": v} for n, v in enumerate(bodies)}
        return proposed

    def _name_in(self, schema: dict[str, Any], document: dict[str, Any]) -> None:
        if reference := schema.get("$ref"):
            schema = document["components"]["schemas"][reference.rpartition("/")[2]]
        for name, own in schema.get("properties", {}).items():
            self._name_in(own.get("items", own), document)
            if (values := self.values.get(name)) and own.get("anyOf", [{}])[0] != {"enum": values}:
                schema["properties"][name] = _or_one_of(values, own)


def _or_one_of(values: list[Any], schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [{"enum": values}, schema]}


def _amendment(tenant: Tenant, vehicle: dict[str, Any]) -> dict[str, Any]:
    body = tenant.check_in_body(vehicle)
    return {name: body[name] for name in ("mileage", "licensePhotos", "odometerPhotos")}

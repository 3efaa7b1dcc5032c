"""The usual stack: the Powertools resolver with validation, Tracer, and a table resource.

It does less than Motorpool's functions do: no tenancy, no VIN decoding, no uniqueness.
"""

import os
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, Field

logger = Logger()
tracer = Tracer()
metrics = Metrics()
app = APIGatewayRestResolver(enable_validation=True)
table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


class User(BaseModel):
    """A user."""

    id: str
    first_name: str = Field(alias="firstName")
    last_name: str = Field(alias="lastName")
    phone: str


class NewVehicle(BaseModel):
    """A vehicle to be put on the books."""

    user_id: str = Field(alias="userId")
    vin: str = Field(min_length=17, max_length=17)
    make: str
    model: str
    year: int = Field(ge=1980)
    license_plate: str | None = Field(None, alias="licensePlate")
    state: str | None = None


@app.get("/users/<user_id>")
@tracer.capture_method
def get_user(user_id: str) -> User:
    """One user."""
    found = table.get_item(Key={"pk": f"USER#{user_id}", "sk": "USER"}).get("Item")
    if found is None:
        raise NotFoundError("no such user")
    return User.model_validate(found)


@app.post("/vehicles/create/by-vin")
@tracer.capture_method
def create_vehicle(vehicle: NewVehicle) -> NewVehicle:
    """A new vehicle."""
    table.put_item(
        Item={"pk": f"VEHICLE#{vehicle.vin}", "sk": "VEHICLE", **vehicle.model_dump()},
        ConditionExpression="attribute_not_exists(pk)",
    )
    return vehicle


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST)
@tracer.capture_lambda_handler
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer a request of the REST API."""
    metrics.add_metric(name="Requests", unit=MetricUnit.Count, value=1)
    return app.resolve(event, context)

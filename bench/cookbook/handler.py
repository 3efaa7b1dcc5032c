"""What create-order of the handler-cookbook imports, and makes while it is imported.

Written after ran-isenberg/aws-lambda-handler-cookbook at 72f62a1 (2026-07-03), layer by layer:
handler, dynamic configuration, logic, DAL. Only its import is measured, so it does nothing.
"""

import os
from typing import Annotated, Any

from aws_lambda_env_modeler import (  # type: ignore[import-not-found]  # only in its own package
    init_environment_variables,
)
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.logging import Logger, correlation_paths
from aws_lambda_powertools.metrics import Metrics, MetricUnit
from aws_lambda_powertools.tracing import Tracer
from aws_lambda_powertools.utilities.feature_flags import AppConfigStore, FeatureFlags
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.serialization.pydantic import PydanticSerializer
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, Field, HttpUrl, PositiveInt
from pydynox import DynamoDBClient, dynamodb_model  # type: ignore[import-not-found]  # same

__all__ = ("AppConfigStore", "DynamoDBClient", "FeatureFlags", "dynamodb_model")

logger = Logger()
tracer = Tracer()
metrics = Metrics(namespace="orders")
app = APIGatewayRestResolver(enable_validation=True)
records = DynamoDBPersistenceLayer(table_name=os.environ["TABLE_NAME"])
retries = IdempotencyConfig(expires_after_seconds=300)


class Settings(BaseModel):
    """The handler's variables."""

    POWERTOOLS_SERVICE_NAME: Annotated[str, Field(min_length=1)]
    TABLE_NAME: Annotated[str, Field(min_length=1)]
    API: HttpUrl
    CACHE_MINUTES: PositiveInt


class NewOrder(BaseModel):
    """An order to be made."""

    customer: Annotated[str, Field(min_length=1, max_length=20)]
    items: PositiveInt


class Order(NewOrder):
    """An order."""

    id: str


class Refusal(BaseModel):
    """What a caller is told of a fault."""

    error: str


@idempotent_function(  # type: ignore[untyped-decorator]
    data_keyword_argument="order",
    config=retries,
    persistence_store=records,
    output_serializer=PydanticSerializer(model=Order),
)
@tracer.capture_method(capture_response=False)
def made(order: NewOrder) -> Order:
    """An order with its id."""
    return Order(id="1", **order.model_dump())


@app.post("/orders", summary="Make an order", responses={
    200: {"description": "The order", "content": {"application/json": {"model": Order}}},
    501: {"description": "A fault", "content": {"application/json": {"model": Refusal}}},
})  # fmt: skip
def make_order(order: Annotated[NewOrder, Body(embed=False)]) -> Order:
    """Make an order."""
    metrics.add_metric(name="Orders", unit=MetricUnit.Count, value=1)
    answer: Order = made(order=order)
    return answer


@init_environment_variables(model=Settings)  # type: ignore[untyped-decorator]
@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST)
@metrics.log_metrics
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer a request of the REST API."""
    return app.resolve(event, context)

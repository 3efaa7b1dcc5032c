"""The usage plan: what one client may send, so that it cannot take the others' share.

API Gateway finds a client by the API key that the authorizer's answer names. `motorpool` makes the
keys (ops/usage_keys.py): CloudFormation knows no clients.
"""

from collections.abc import Mapping

from aws_cdk import aws_apigateway as apigateway
from constructs import Construct

from infra.apis import Api
from infra.limits import CLIENT
from infra.names import Names
from infra.spec import STAGES, ApiName


class UsagePlan(Construct):
    """One plan for both APIs, so that a client has one limit. Its name is `names.usage_plan`."""

    def __init__(
        self, scope: Construct, id: str, *, names: Names, apis: Mapping[ApiName, Api]
    ) -> None:
        super().__init__(scope, id)
        apigateway.CfnUsagePlan(
            self,
            "Plan",
            usage_plan_name=names.usage_plan,
            description="What one client may send to both APIs together",
            throttle=apigateway.CfnUsagePlan.ThrottleSettingsProperty(
                rate_limit=CLIENT.per_second, burst_limit=CLIENT.at_once
            ),
            api_stages=[
                apigateway.CfnUsagePlan.ApiStageProperty(api_id=api.id, stage=STAGES[name])
                for name, api in apis.items()
            ],
        )

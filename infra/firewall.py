"""AWS WAF: limits what one address may send, before API Gateway counts or calls anything.

There is no rule about the content or the reputation of an address: a driver's phone shares its
address with strangers, and a refusal is answered as 429 (infra/gateway_answers.py).
"""

from collections.abc import Mapping

from aws_cdk import Stack
from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

from infra.apis import Api
from infra.limits import ADDRESS_PER_MINUTE
from infra.names import Names
from infra.spec import STAGES, ApiName
from motorpool.access.callers import CREDENTIAL_HEADERS

LIMIT = "AddressLimit"
SECRET_HEADERS = (*CREDENTIAL_HEADERS, "Authorization")


class Firewall(Construct):
    """One web ACL for the stages of both APIs, also when they are called by a custom domain."""

    def __init__(
        self, scope: Construct, id: str, *, names: Names, apis: Mapping[ApiName, Api]
    ) -> None:
        super().__init__(scope, id)
        web_acl = wafv2.CfnWebACL(
            self,
            "WebAcl",
            name=names.title,
            scope="REGIONAL",
            default_action=wafv2.CfnWebACL.DefaultActionProperty(allow={}),
            rules=[
                wafv2.CfnWebACL.RuleProperty(
                    name=LIMIT,
                    priority=0,
                    action=wafv2.CfnWebACL.RuleActionProperty(block={}),
                    statement=wafv2.CfnWebACL.StatementProperty(
                        rate_based_statement=wafv2.CfnWebACL.RateBasedStatementProperty(
                            aggregate_key_type="IP",
                            limit=ADDRESS_PER_MINUTE,
                            evaluation_window_sec=60,
                        )
                    ),
                    visibility_config=_seen_as(f"{names.title}-{LIMIT}"),
                )
            ],
            visibility_config=_seen_as(names.title),
            data_protection_config=wafv2.CfnWebACL.DataProtectionConfigProperty(
                # WAF keeps samples of requests with their headers, for three hours.
                data_protections=[
                    wafv2.CfnWebACL.DataProtectProperty(
                        action="SUBSTITUTION",
                        field=wafv2.CfnWebACL.FieldToProtectProperty(
                            field_type="SINGLE_HEADER",
                            field_keys=[header.lower() for header in SECRET_HEADERS],
                        ),
                    )
                ]
            ),
        )
        stack = Stack.of(self)
        for name, api in apis.items():
            wafv2.CfnWebACLAssociation(
                self,
                name.capitalize(),
                web_acl_arn=web_acl.attr_arn,
                resource_arn=stack.format_arn(
                    service="apigateway",
                    account="",
                    resource=f"/restapis/{api.id}/stages/{STAGES[name]}",
                ),
            )


def _seen_as(metric: str) -> wafv2.CfnWebACL.VisibilityConfigProperty:
    return wafv2.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True,
        sampled_requests_enabled=True,
        metric_name=metric,
    )

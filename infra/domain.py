"""The custom domain of both APIs."""

from collections.abc import Mapping

from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_certificatemanager as acm
from constructs import Construct

from infra.apis import Api
from infra.settings import DomainSettings
from infra.spec import STAGES, ApiName


class Domain(Construct):
    """A domain with TLS 1.2 or later. The first segment of a path chooses the API.

    `target`: the host name that the domain's DNS record (CNAME) must name.
    """

    def __init__(
        self, scope: Construct, id: str, *, settings: DomainSettings, apis: Mapping[ApiName, Api]
    ) -> None:
        super().__init__(scope, id)
        domain = apigateway.DomainName(
            self,
            "Name",
            domain_name=settings.name,
            certificate=acm.Certificate.from_certificate_arn(
                self, "Certificate", settings.certificate_arn
            ),
            endpoint_type=apigateway.EndpointType.REGIONAL,
            security_policy=apigateway.SecurityPolicy.TLS_1_2,
        )
        for name, api in apis.items():
            apigateway.BasePathMapping(
                self,
                name.capitalize(),
                domain_name=domain,
                rest_api=api.rest,
                stage=api.rest.deployment_stage,
                base_path=STAGES[name],
            )
        self.target = domain.domain_name_alias_domain_name

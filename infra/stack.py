"""All of Motorpool as one CloudFormation stack, with the functions that `discover()` finds."""

from pathlib import Path
from typing import get_args

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.alarms import Alarms
from infra.apis import Api, GatewayLogging
from infra.assets import Build
from infra.dashboard import Dashboard
from infra.data import Data
from infra.function import ARCHITECTURE, RUNTIME, FunctionFolder
from infra.paths import FUNCTIONS
from infra.queues import Queues
from infra.spec import ApiName, Authorizer, Layer, Route, discover


class Motorpool(Stack):
    """The stack of every folder under `functions`, with its code from `build`."""

    def __init__(
        self, scope: Construct, id: str, *, build: Build, functions: Path = FUNCTIONS
    ) -> None:
        super().__init__(
            scope, id, description="Motorpool: a vehicle registry for fleets, rentals and insurers"
        )
        folders = discover(functions)
        queues = Queues(self, "Queues", specs=[folder.spec for folder in folders])
        data = Data(self, "Data", queues=queues)
        alarms = Alarms(self, "Alarms", live=queues.live, dead=queues.dead)
        Dashboard(self, "Dashboard", functions=folders, queues=queues, alarms=alarms.all)

        layers = {layer: self._layer(layer, build) for layer in get_args(Layer)}
        deployed = [
            (
                function.spec,
                FunctionFolder(
                    self, function, build=build, data=data, queues=queues, layers=layers
                ).live,
            )
            for function in folders
        ]
        (authorizer,) = [live for spec, live in deployed if isinstance(spec, Authorizer)]
        routes = [(spec, live) for spec, live in deployed if isinstance(spec, Route)]
        logging = GatewayLogging(self, "GatewayLogging")
        apis: dict[ApiName, Api] = {
            name: Api(
                self,
                f"{name.capitalize()}Api",
                name=name,
                routes=[(route, live) for route, live in routes if route.api == name],
                authorizer=authorizer,
                logging=logging,
            )
            for name in get_args(ApiName)
        }

        outputs = {
            "PartnerApiUrl": apis["partner"].url,
            "SupplierApiUrl": apis["supplier"].url,
            "PartnerApiId": apis["partner"].id,
            "SupplierApiId": apis["supplier"].id,
            "TableName": data.table.table_name,
            "PhotoBucketName": data.photos.bucket_name,
            "PepperSecretArn": data.secrets["pepper"],
            **{f"{name.title()}QueueUrl": queue.queue_url for name, queue in queues.live.items()},
            **{
                f"{name.title()}DeadLetterQueueUrl": queue.queue_url
                for name, queue in queues.dead.items()
            },
        }
        for name, value in outputs.items():
            CfnOutput(self, name, value=value)

    def _layer(self, layer: Layer, build: Build) -> lambda_.LayerVersion:
        return lambda_.LayerVersion(
            self,
            f"{layer.capitalize()}Layer",
            code=lambda_.Code.from_asset(str(build.layer(layer))),
            compatible_runtimes=[RUNTIME],
            compatible_architectures=[ARCHITECTURE],
        )

"""The stacks of an environment, with the functions that `discover()` finds. They only wire.

A stack may use what is in a stack before it: `data`, then `workers`, then the APIs, then `domain`
and `monitoring`. What names an API is not in the first two, or they would depend on each other.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import get_args

from aws_cdk import CfnOutput, RemovalPolicies, RemovalPolicy, Stack
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.alarms import Alarms
from infra.apis import Api, GatewayLogging
from infra.assets import Build
from infra.budget import MonthlyBudget
from infra.dashboard import Dashboard
from infra.data import Data
from infra.domain import Domain
from infra.firewall import Firewall
from infra.function import FunctionFolder
from infra.layers import Layers
from infra.names import Names, Part
from infra.paths import FUNCTIONS
from infra.queues import Queues
from infra.settings import DomainSettings, Settings
from infra.spec import ApiName, Authorizer, Function, Preflight, Route, Spec, discover
from infra.topic import AlarmTopic
from infra.usage import UsagePlan


def add_stacks(
    app: Construct, settings: Settings, *, build: Build, functions: Path = FUNCTIONS
) -> None:
    """Add the environment's stacks to the app, with the functions' code from `build`."""
    names = settings.names
    folders = discover(functions)
    data = DataStack(app, names, specs=[folder.spec for folder in folders])
    workers = WorkersStack(app, settings, data=data, folders=folders, build=build)
    stacks = {
        name: ApiStack(
            app, settings, name=name, data=data, workers=workers, folders=folders, build=build
        )
        for name in get_args(ApiName)
    }
    apis = {name: stack.api for name, stack in stacks.items()}
    if settings.domain:
        DomainStack(app, names, domain=settings.domain, apis=apis)
    monitoring = MonitoringStack(app, settings, data=data, apis=apis, folders=folders)
    for stack in stacks.values():
        # For the log groups of their requests, which are known by name.
        monitoring.add_stack_dependency(stack)


class _Stack(Stack):
    """One of the environment's stacks: its name, its tag, and its outputs."""

    def __init__(self, scope: Construct, names: Names, part: Part, what: str) -> None:
        super().__init__(
            scope,
            names.stack(part),
            description=f"Motorpool, a vehicle registry: {what}",
            tags={"motorpool:environment": names.environment or "default"},
        )

    def show(self, **outputs: str) -> None:
        """Add outputs."""
        for name, value in outputs.items():
            CfnOutput(self, name, value=value)


class DataStack(_Stack):
    """What outlives every deployment. All of it stays when the stack is deleted.

    What a failed first deployment created is deleted, so that the next one starts from nothing.
    """

    def __init__(self, scope: Construct, names: Names, *, specs: Iterable[Spec]) -> None:
        super().__init__(scope, names, "data", "table, photos, queues and keys")
        self.queues = Queues(self, "Queues", specs=specs)
        self.data = Data(self, "Data", queues=self.queues)
        # The table's deletion protection would keep CloudFormation from deleting it, so it is
        # created when nothing else can fail.
        self.data.table.node.add_dependency(
            self.queues, *(each for each in self.data.node.children if each != self.data.table)
        )
        RemovalPolicies.of(self).apply(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
        for value in (*self.data.references, *self.queues.references):
            # Exported whether another stack uses it or not: CloudFormation refuses to remove an
            # export together with its last use.
            self.export_value(value)
        self.show(
            TableName=self.data.table.table_name,
            PhotoBucketName=self.data.photos.bucket_name,
            PepperSecretArn=self.data.secrets["pepper"],
        )
        for name, queue in self.queues.live.items():
            self.show(**{f"{name.title()}QueueUrl": queue.queue_url})
        for source, queue in self.queues.dead.items():
            self.show(**{f"{source.title()}DeadLetterQueueUrl": queue.queue_url})


class WorkersStack(_Stack):
    """The functions that are no endpoints, the authorizer among them, which both APIs ask.

    So is the function that answers browsers, because it has no path of its own.
    """

    def __init__(
        self,
        scope: Construct,
        settings: Settings,
        *,
        data: DataStack,
        folders: Iterable[Function],
        build: Build,
    ) -> None:
        names = settings.names
        super().__init__(scope, names, "workers", "consumers, dispatcher and authorizer")
        deployed = _deployed(
            self, names, [f for f in folders if not isinstance(f.spec, Route)], data, build
        )
        [self.authorizer] = [live for spec, live in deployed if isinstance(spec, Authorizer)]
        answering = (live for spec, live in deployed if isinstance(spec, Preflight))
        self.preflight = next(answering, None)
        if settings.sets_logging_role:
            # Here, because it must exist before the stages of both APIs.
            GatewayLogging(self, "GatewayLogging")


class ApiStack(_Stack):
    """One API with the functions of its endpoints."""

    def __init__(
        self,
        scope: Construct,
        settings: Settings,
        *,
        name: ApiName,
        data: DataStack,
        workers: WorkersStack,
        folders: Iterable[Function],
        build: Build,
    ) -> None:
        names = settings.names
        super().__init__(scope, names, name, f"the {name} API and its functions")
        routes = [f for f in folders if isinstance(f.spec, Route) and f.spec.api == name]
        self.add_stack_dependency(workers)
        title = name.capitalize()
        self.api = Api(
            self,
            f"{title}Api",
            names=names,
            name=name,
            routes=[
                (spec, live)
                for spec, live in _deployed(self, names, routes, data, build)
                if isinstance(spec, Route)
            ],
            authorizer=workers.authorizer,
            preflight=workers.preflight if name == "partner" else None,
            domain=settings.domain.name if settings.domain else None,
            needs_keys=settings.needs_keys,
        )
        # Exported whether another stack uses it or not, as in the data stack.
        self.export_value(self.api.id)
        self.show(**{f"{title}ApiUrl": self.api.url, f"{title}ApiId": self.api.id})


class DomainStack(_Stack):
    """The custom domain of both APIs."""

    def __init__(
        self,
        scope: Construct,
        names: Names,
        *,
        domain: DomainSettings,
        apis: Mapping[ApiName, Api],
    ) -> None:
        super().__init__(scope, names, "domain", "the APIs' own domain")
        self.show(DomainTarget=Domain(self, "Domain", settings=domain, apis=apis).target)


class MonitoringStack(_Stack):
    """Alarms, whom they tell, the dashboard, and what limits clients and addresses.

    Nothing depends on it, and the local run leaves it out.
    """

    def __init__(
        self,
        scope: Construct,
        settings: Settings,
        *,
        data: DataStack,
        apis: Mapping[ApiName, Api],
        folders: Sequence[Function],
    ) -> None:
        names = settings.names
        super().__init__(scope, names, "monitoring", "alarms, dashboard and limits")
        alarms = Alarms(
            self,
            "Alarms",
            names=names,
            runbook=settings.runbook,
            topic=AlarmTopic(self, "Telling", names=names, email=settings.alarm_email).topic,
            data=data.data,
            queues=data.queues,
            functions=folders,
        )
        Dashboard(
            self, "Dashboard", names=names, functions=folders, queues=data.queues, alarms=alarms.of
        )
        if settings.monthly_budget and settings.alarm_email:
            MonthlyBudget(
                self, "Costs", dollars=settings.monthly_budget, email=settings.alarm_email
            )
        if settings.has_usage_plan:
            UsagePlan(self, "Usage", names=names, apis=apis)
        if settings.has_firewall:
            Firewall(self, "Firewall", names=names, apis=apis)


def _deployed(
    stack: Stack, names: Names, folders: Iterable[Function], data: DataStack, build: Build
) -> list[tuple[Spec, lambda_.Alias]]:
    layers = Layers(stack, build)
    return [
        (
            folder.spec,
            FunctionFolder(
                stack,
                folder,
                names=names,
                build=build,
                data=data.data,
                queues=data.queues,
                layers=layers,
            ).live,
        )
        for folder in folders
    ]

"""The types with which a function folder declares what it is and what it uses.

`functions/<verb_noun>/route.py` assigns one of them to `spec`; routes, permissions and environment
variables are declared nowhere else. `Uses` makes both the IAM statements and the variables. Actions
are `Literal`s, so that a wildcard or `Scan` does not type-check.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Literal, get_args

from infra.paths import FUNCTIONS
from motorpool.access.scopes import Scope
from motorpool.messages.rules import Items as Items
from motorpool.messages.rules import Rule

ApiName = Literal["partner", "supplier"]
Method = Literal["GET", "POST", "PUT", "DELETE"]
Layer = Literal["motorpool", "runtime", "vin", "photos"]
Index = Literal["gsi1", "gsi2"]
Secret = Literal["pepper", "cursor_key", "token_key", "webhook_key"]
# All that a queue needs beside its name here is in its consumer's `route.py`.
Queue = Literal["uploads", "transfers", "expiries", "renditions", "events"]
TableAction = Literal[
    "GetItem",
    "BatchGetItem",
    "PutItem",
    "UpdateItem",
    "DeleteItem",
    "ConditionCheckItem",
    "Query",
]
ObjectAction = Literal["GetObject", "GetObjectVersion", "PutObject", "DeleteObjectVersion"]
ListAction = Literal["ListBucket", "ListBucketVersions"]
# The stage is the first segment of the public path, so its name is part of the contract.
STAGES: dict[ApiName, str] = {"partner": "api", "supplier": "v1"}

BASE_LAYERS: tuple[Layer, ...] = ("motorpool", "runtime")


@dataclass(frozen=True, slots=True)
class Uses:
    """What a function may call: its IAM statements, and the variables with the resources' names.

    `table`: actions on items (a transaction needs the action of each of its parts);
    `index`: the indexes it may query; `photos`: actions on uploaded files; `renditions`: actions on
    the pictures made of them, which are below `thumbnails/`; `lists`: how it may list the objects
    that it has actions on; `sends`: the queues it may send to; `secrets`: the secrets it may read.
    """

    table: tuple[TableAction, ...] = ()
    index: tuple[Index, ...] = ()
    photos: tuple[ObjectAction, ...] = ()
    renditions: tuple[ObjectAction, ...] = ()
    lists: tuple[ListAction, ...] = ()
    sends: tuple[Queue, ...] = ()
    secrets: tuple[Secret, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """The settings of every kind of function. `memory` in MB, `timeout` in seconds.

    The default timeout is below the gateway's (29 s) and leaves time for retries (see
    `motorpool.budget`).
    """

    uses: Uses = field(default_factory=Uses)
    extra_layers: tuple[Layer, ...] = ()
    memory: int = 512
    timeout: int = 25

    @property
    def layers(self) -> tuple[Layer, ...]:
        """All its layers; CDK sorts them by name."""
        return BASE_LAYERS + self.extra_layers


@dataclass(frozen=True, slots=True, kw_only=True)
class Route(Spec):
    """One endpoint.

    `path` is below the stage. The caller must have one of the scopes in `scope`, if there are any.
    `public`: no authorizer, so no caller. `per_hour`: how many requests a client may make in an
    hour. `devices`: whether devices may call it; its rules must then ask `Caller.sees_user`.
    """

    api: ApiName
    method: Method
    path: str
    summary: str
    scope: tuple[Scope, ...] = ()
    public: bool = False
    per_hour: int | None = None
    devices: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer(Spec):
    """A function that consumes a queue, at most `batch` messages at a time.

    A batch that is not full waits up to `window` seconds. `told_of`: the items of the table about
    which the dispatcher sends the queue messages; none when others send them. At most `concurrency`
    of the function run at once, so that a burst of messages leaves the account's concurrency to the
    APIs.

    A message that failed is delivered again after 2 to 20 s (`motorpool.messages.consumer`), 11 s
    on the average after the first few; the function may shorten the time until then. After so many
    `deliveries`, or at once when it cannot be parsed, it is in the queue's dead-letter queue, to
    which the function may send. An alarm goes off when the oldest message is older than `oldest`
    (seconds).
    """

    queue: Queue
    told_of: Items | tuple[Items, ...] = ()
    batch: int = 1
    window: int = 0
    concurrency: int
    deliveries: int = 60
    oldest: int = 60

    @property
    def rules(self) -> tuple[Rule, ...]:
        """What the dispatcher needs to know of it."""
        told_of = (self.told_of,) if isinstance(self.told_of, Items) else self.told_of
        return tuple(Rule(self.queue, items) for items in told_of)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatcher(Spec):
    """The one function that reads the table's stream; AWS advises against more than two.

    `discover` gives it the `rules` of all consumers, and their queues to send to. It may also send
    records that it cannot read to the dead-letter queue of the stream.
    """

    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorizer(Spec):
    """The authorizer of both APIs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight(Spec):
    """The function that answers browsers' OPTIONS on every path of the partner API."""


@dataclass(frozen=True, slots=True)
class Function:
    """A folder under `functions/` with its name and the spec in its `route.py`."""

    name: str
    folder: Path
    spec: Spec


def discover(functions: Path = FUNCTIONS) -> tuple[Function, ...]:
    """Every function folder with its spec, by name.

    Raises ImportError on a folder without one, and when a queue has two consumers, or a consumer is
    told of items and nobody dispatches them.
    """
    found = tuple(
        Function(folder.name, folder, _spec_of(folder / "route.py"))
        for folder in sorted({source.parent for source in functions.glob("*/*.py")})
    )
    rules = tuple(rule for c in consumers(f.spec for f in found).values() for rule in c.rules)
    dispatchers = [function for function in found if isinstance(function.spec, Dispatcher)]
    if len(dispatchers) > 1 or (rules and not dispatchers):
        raise ImportError(f"{functions} has {len(dispatchers)} dispatchers")
    return tuple(
        replace(function, spec=_with(rules, function.spec))
        if isinstance(function.spec, Dispatcher)
        else function
        for function in found
    )


def consumers(specs: Iterable[Spec]) -> dict[Queue, Consumer]:
    """The consumer of each queue that has one. Raises ImportError when a queue has two."""
    found: dict[Queue, Consumer] = {}
    for spec in specs:
        if isinstance(spec, Consumer):
            if spec.queue in found:
                raise ImportError(f"the {spec.queue} queue has two consumers")
            found[spec.queue] = spec
    return found


def _with(rules: tuple[Rule, ...], spec: Dispatcher) -> Dispatcher:
    sends = tuple(queue for queue in get_args(Queue) if queue in {rule.queue for rule in rules})
    return replace(spec, rules=rules, uses=replace(spec.uses, sends=sends))


def _spec_of(route: Path) -> Spec:
    loader = spec_from_file_location(f"functions.{route.parent.name}.route", route)
    if loader is None or loader.loader is None:
        raise ImportError(f"{route} cannot be loaded")
    module = module_from_spec(loader)
    try:
        loader.loader.exec_module(module)
    except FileNotFoundError:
        raise ImportError(f"{route.parent} has no route.py") from None
    if not isinstance(spec := getattr(module, "spec", None), Spec):
        raise ImportError(f"{route} assigns no Route, Consumer, … to `spec`")
    return spec

"""The types with which a function folder declares what it is and what it uses.

`functions/<verb_noun>/route.py` assigns one of them to `spec`; routes, permissions and environment
variables are declared nowhere else. `Uses` makes both the IAM statements and the variables. Actions
are `Literal`s, so that a wildcard or `Scan` does not type-check.
"""

from dataclasses import dataclass, field
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Literal

from infra.paths import FUNCTIONS
from motorpool.access.scopes import Scope

ApiName = Literal["partner", "supplier"]
Method = Literal["GET", "POST", "PUT", "DELETE"]
Layer = Literal["motorpool", "runtime", "vin", "photos"]
Index = Literal["gsi1", "gsi2"]
Secret = Literal["pepper", "cursor_key", "token_key"]
Queue = Literal["uploads", "transfers"]
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
    `index`: the indexes it may query; `photos`, `thumbnails`: actions on those objects of the photo
    bucket; `lists`: how it may list the objects that it has actions on; `sends`: the queues it may
    send to; `secrets`: the secrets it may read.
    """

    table: tuple[TableAction, ...] = ()
    index: tuple[Index, ...] = ()
    photos: tuple[ObjectAction, ...] = ()
    thumbnails: tuple[ObjectAction, ...] = ()
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
    hour.
    """

    api: ApiName
    method: Method
    path: str
    summary: str
    scope: tuple[Scope, ...] = ()
    public: bool = False
    per_hour: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer(Spec):
    """A function that consumes a queue, at most `batch` messages at a time.

    It may send messages to the queue's dead-letter queue, for those that it cannot parse, and
    shorten the time until a failed one is delivered again. At most `concurrency` of it run at once,
    so that a burst of messages leaves the account's concurrency to the APIs.
    """

    queue: Queue
    batch: int = 1
    concurrency: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamReader(Spec):
    """A function that reads the table's stream: the records of items whose `pk` has a prefix.

    `of`: the new items, or those that DynamoDB deleted because they expired. It may send records
    that it cannot read to the dead-letter queue of `dead`. AWS advises against more than two of
    them.
    """

    key_prefix: str
    of: Literal["new", "expired"] = "new"
    dead: Queue


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorizer(Spec):
    """The authorizer of both APIs."""


@dataclass(frozen=True, slots=True)
class Function:
    """A folder under `functions/` with its name and the spec in its `route.py`."""

    name: str
    folder: Path
    spec: Spec


def discover(functions: Path = FUNCTIONS) -> tuple[Function, ...]:
    """Every function folder with its spec, by name. Raises ImportError on a folder without one."""
    return tuple(
        Function(folder.name, folder, _spec_of(folder / "route.py"))
        for folder in sorted({source.parent for source in functions.glob("*/*.py")})
    )


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

"""boto3, a lighter client, and ours: cold start, warm latency, what each tells of a refusal."""

from collections.abc import Callable
from statistics import median
from typing import Any

from infra.spec import discover
from motorpool.store import keys
from tests.bench import world
from tests.bench.engine import BenchEngine, environment
from tests.bench.exchange import Exchange
from tests.bench.interpreter import started
from tests.bench.packages import Package, compared, packaged

MS = 1000
READS = 300


def measured(
    engine: BenchEngine, between: Exchange, aws: world.Aws, runs: int, step: Callable[[], None]
) -> list[dict[str, Any]]:
    """Figures of each client; times in ms."""
    world.settle("get_vehicle")
    key = keys.vehicle(world.VEHICLE)._asdict()
    settings = world.named(aws, environment(between.url), "client")
    [function] = [function for function in discover() if function.name == "get_vehicle"]
    _, *layers = packaged((function,))["get_vehicle"].path
    theirs = compared("clients")
    packages = {
        "boto3": theirs,
        "pydynox": theirs,
        "motorpool": Package((theirs.path[0], *layers)),
    }

    between.record()
    started(packages["boto3"], "client", [{"key": key}], settings | {"CLIENT": "boto3"})
    calls = list(between.calls)
    starts: dict[str, list[Any]] = {name: [] for name in packages}
    for _ in range(runs):
        for name, package in packages.items():
            between.replay(calls)
            chosen = settings | {"CLIENT": name}
            starts[name].append(started(package, "client", [{"key": key}], chosen))
        step()

    taken = {"pk": key["pk"], "sk": key["sk"], "vehicleId": "another"}
    free = {"pk": "FREE", "sk": "FREE", "vehicleId": "another"}
    figures = []
    for name, package in packages.items():
        direct = settings | environment(engine.endpoint) | {"CLIENT": name}
        reads = started(package, "client", [{"key": key}] * (READS + 1), direct, timed=True).each
        told = started(package, "client", [{"refused": taken, "free": free}], direct).answer["told"]
        figures.append(
            {
                "client": name,
                "cpu_ms": median(start.cpu for start in starts[name]) * MS,
                "wall_ms": median(start.wall for start in starts[name]) * MS,
                "modules": starts[name][0].modules,
                "unzipped_bytes": package.unzipped,
                "warm_get_ms": median(read["wall"] for read in reads) * MS,
                "warm_get_cpu_ms": median(read["cpu"] for read in reads) * MS,
                "refusal": told,
            }
        )
    return figures

"""`make bench`: runs all parts, or the named ones; prints their tables and writes the results.

`python -m bench [--quick] [cold warm cost feed scale load]`
"""

import argparse
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench import cold, cost, feed, load, packages, scale, tables, warm, world
from bench.engine import BenchEngine, engine
from bench.exchange import Exchange, exchange
from bench.recording import DECODING, Recording, recordings
from bench.report import Table, machine
from infra.paths import BUILD
from infra.spec import discover

PARTS = ("cold", "warm", "cost", "feed", "scale", "load")
SCALED = (
    "create_vehicle_by_vin",
    "get_vehicle",
    "create_mileage_check_in",
    "list_supplier_vehicles",
    "transfer_vehicle",
)
RESULT = BUILD / "bench.json"
console = Console()


@dataclass
class Bench:
    """One run of the benchmark: its settings and its results so far."""

    quick: bool
    progress: Progress
    result: dict[str, Any] = field(default_factory=dict)
    tables: list[Table] = field(default_factory=list)

    @contextmanager
    def bar(self, description: str, total: int) -> Iterator[Callable[..., None]]:
        """A progress bar. Yields a function that advances it by one, or to a number."""
        task = self.progress.add_task(description, total=total)

        def step(completed: int | None = None) -> None:
            if completed is None:
                self.progress.advance(task)
            else:
                self.progress.update(task, completed=completed)

        yield step
        self.progress.update(task, completed=total)

    def of_functions(self, parts: list[str], running: BenchEngine, between: Exchange) -> None:
        """Run the parts that need the engine: cold starts, warm requests, cost, feed, scale."""
        functions = discover()
        with world.services(running) as aws:
            if {"cold", "warm", "cost"} & set(parts):
                with self.bar("Recording every function", len(functions)) as step:
                    recorded = []
                    built = packages.packaged(functions)
                    for recording in recordings(functions, built, aws, between):
                        recorded.append(recording)
                        step()
                if "cold" in parts:
                    self.cold(recorded, between)
                if {"warm", "cost"} & set(parts):
                    self.warm(recorded, between)
            if "feed" in parts:
                self.feed(between, aws)
            if "scale" in parts:
                self.scale(running, between, aws)

    def cold(self, recorded: list[Recording], between: Exchange) -> None:
        """Measure cold starts."""
        usual, cookbook = cold.usual_stack(between), cold.cookbook(between)
        runs = 1 if self.quick else 7
        with self.bar("Cold starts", len(recorded) * runs) as step:
            figures = [
                cold.measured(each, usual, cookbook, between, runs, step) for each in recorded
            ]
        self.add("cold", figures, tables.cold(figures, runs))

    def warm(self, recorded: list[Recording], between: Exchange) -> None:
        """Measure warm requests, and compute their cost."""
        requests = 20 if self.quick else 200
        with self.bar("Warm requests", len(recorded)) as step:
            figures = []
            for each in recorded:
                few = requests // 10 if each.function.name in DECODING else requests
                figures.append(warm.measured(each, between, few))
                step()
        self.add("warm", figures, tables.warm(figures, requests))
        by_name = {one["function"]: one for one in figures}
        costs = [cost.of_a_million(job, by_name) for job in cost.JOBS]
        snapshots = cost.snapstart_a_month()
        self.result["snapstart"] = snapshots
        self.add("cost", costs, tables.cost(costs, snapshots))

    def feed(self, between: Exchange, aws: world.Aws) -> None:
        """Measure what an event in the feed takes."""
        functions = {each.name: each for each in discover() if each.name in feed.FUNCTIONS}
        built = packages.packaged(tuple(functions.values()))
        requests = 20 if self.quick else 200
        figures = []
        with self.bar("Events in the feed", len(feed.SIZES)) as step:
            for one in feed.measured(functions, built, aws, between, requests):
                figures.append(one)
                step()
        self.add("feed", figures, tables.feed(figures))

    def scale(self, running: BenchEngine, between: Exchange, aws: world.Aws) -> None:
        """Measure requests at several sizes of the table."""
        sizes = (100, 2000) if self.quick else scale.sizes()
        functions = [function for function in discover() if function.name in SCALED]
        built = packages.packaged(tuple(functions))
        figures = []
        held = {}
        with self.bar("Vehicles loaded", sizes[-1]) as said:
            for filled in scale.filled(running, sizes, said):
                held[filled.vehicles] = filled.engine_bytes
                figures += [
                    scale.measured(
                        function, built[function.name], filled.vehicles, aws, running, between
                    )
                    for function in functions
                ]
        self.result["engine_bytes"] = held
        self.add("scale", figures, tables.scale(figures, held))

    def load(self) -> None:
        """Measure the local stack under load."""
        seconds = 5 if self.quick else 30
        task = self.progress.add_task("Load", total=None)
        figures = load.measured(
            seconds, lambda step: self.progress.update(task, description=f"Load: {step}")
        )
        self.progress.update(task, total=1, completed=1)
        self.add("load", figures, tables.load(figures))

    def add(self, part: str, figures: Any, table: Table) -> None:
        """Add a part's figures, and write all results so far."""
        self.result[part] = figures
        self.tables.append(table)
        self.write()

    def write(self) -> None:
        """Write the results as JSON, and the tables as Markdown."""
        BUILD.mkdir(exist_ok=True)
        RESULT.write_text(json.dumps(self.result, indent=2))
        text = "\n".join(each.markdown() for each in self.tables)
        RESULT.with_suffix(".md").write_text(text)


def main() -> None:
    """Run the benchmark, print its tables, write its results."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=", ".join(PARTS))
    parser.add_argument(
        "--quick", action="store_true", help="tiny sizes, to check that the benchmark runs"
    )
    asked = parser.parse_args()
    parts = asked.parts or list(PARTS)
    if unknown := set(parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console) as progress:
        bench = Bench(asked.quick, progress)
        bench.result["machine"] = machine()
        if "load" in parts:
            bench.load()
        if set(parts) - {"load"}:
            with engine() as running, exchange(running.endpoint) as between:
                bench.of_functions(parts, running, between)
        bench.result["machine_at_the_end"] = machine()
        bench.write()
    for table in bench.tables:
        table.show(console)
    console.print(f"Written to {RESULT} and {RESULT.with_suffix('.md')}")


if __name__ == "__main__":
    main()

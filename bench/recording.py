"""Every function called once, in a world of its own: its request, AWS's answers, the units."""

from collections.abc import Iterator
from dataclasses import dataclass

from bench import events, world
from bench.events import Asked
from bench.exchange import Call, Exchange
from bench.interpreter import started
from bench.packages import Package
from infra.spec import Function


@dataclass(frozen=True, slots=True)
class Recording:
    """A function that answered: with what it was asked, and the calls that it made."""

    function: Function
    package: Package
    asked: Asked
    environment: dict[str, str]
    calls: tuple[Call, ...]
    log_bytes: int

    @property
    def dynamodb(self) -> list[Call]:
        """The calls to the table."""
        return [call for call in self.calls if call.operation.startswith("DynamoDB_")]

    @property
    def read_units(self) -> float:
        """Read units of a request."""
        return sum(call.read_units for call in self.calls)

    @property
    def write_units(self) -> float:
        """Write units of a request."""
        return sum(call.write_units for call in self.calls)


def recordings(
    functions: tuple[Function, ...],
    packages: dict[str, Package],
    aws: world.Aws,
    between: Exchange,
) -> Iterator[Recording]:
    """One recording of each function. Raises RuntimeError when one does not answer as hoped for."""
    for function in functions:
        recording, answer = _recorded(function, packages[function.name], aws, between)
        if recording is None:
            raise RuntimeError(f"{function.name} did not do its work; it answered {answer}")
        yield recording


def _recorded(
    function: Function, package: Package, aws: world.Aws, between: Exchange
) -> tuple[Recording | None, object]:
    """With the recorded event, else with one that is made; and the last answer."""
    answer: object = None
    for make in (False, True):
        version = world.settle(function.name)
        asked = events.made(function, version=version) if make else events.recorded(function.name)
        if asked is None:
            continue
        settings = world.variables(function, aws, between.environment)
        between.record()
        start = started(package, function.name, [asked.event], settings)
        answer, calls = start.answer, tuple(between.calls)
        # A message about what is not in this world is passed over, which is no failure.
        if start.succeeded and len(calls) >= (3 if function.name == "inspect_photo" else 1):
            return Recording(function, package, asked, settings, calls, start.log_bytes), answer
    return None, answer

"""Recordings: every function is called once on data of its own, with AWS's answers and units."""

from collections.abc import Iterator
from dataclasses import dataclass

from bench import events, world
from bench.events import Asked
from bench.exchange import Call, Exchange
from bench.interpreter import started
from bench.packages import Package
from infra.spec import Function

# They look at a whole picture, and do so only after they read the photo's item.
DECODING = {"inspect_photo", "render_photo"}
LEAST_CALLS = dict.fromkeys(DECODING, 3) | {"get_health": 0}


@dataclass(frozen=True, slots=True)
class Recording:
    """A function with the event that it answered, and the calls that it made."""

    function: Function
    package: Package
    asked: Asked
    environment: dict[str, str]
    calls: tuple[Call, ...]
    log_bytes: int

    @property
    def dynamodb(self) -> list[Call]:
        """The calls to DynamoDB."""
        return [call for call in self.calls if call.operation.startswith("DynamoDB_")]

    @property
    def read_units(self) -> float:
        """The read units of a request."""
        return sum(call.read_units for call in self.calls)

    @property
    def write_units(self) -> float:
        """The write units of a request."""
        return sum(call.write_units for call in self.calls)


def recordings(
    functions: tuple[Function, ...],
    packages: dict[str, Package],
    aws: world.Aws,
    between: Exchange,
) -> Iterator[Recording]:
    """One recording of each function. Raises RuntimeError when a function does not succeed."""
    for function in functions:
        recording, answer = _recorded(function, packages[function.name], aws, between)
        if recording is None:
            raise RuntimeError(f"{function.name} did not do its work; it answered {answer}")
        yield recording


def _recorded(
    function: Function, package: Package, aws: world.Aws, between: Exchange
) -> tuple[Recording | None, object]:
    """A recording with the recorded event, or else with a made one; and the last answer."""
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
        # A message about something that does not exist succeeds without doing the work.
        if start.succeeded and len(calls) >= LEAST_CALLS.get(function.name, 1):
            return Recording(function, package, asked, settings, calls, start.log_bytes), answer
    return None, answer

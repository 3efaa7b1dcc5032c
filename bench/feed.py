"""The feed: units, messages and dollars for each event, alone and with 19 others.

Each event is of another vehicle, which costs the most: for each history is written how far it is in
the feed.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import boto3

from bench import cost, events, warm, world
from bench.events import Asked
from bench.exchange import Exchange
from bench.interpreter import started
from bench.packages import Package
from bench.recording import Recording
from infra.local.world import World
from infra.spec import Consumer, Function
from motorpool.dynamodb import stream, table
from motorpool.messages import queues

SIZES = (1, 20)
FUNCTIONS = ("dispatch", "number_events")


def measured(
    functions: Mapping[str, Function],
    packages: Mapping[str, Package],
    aws: world.Aws,
    between: Exchange,
    requests: int,
) -> Iterator[dict[str, Any]]:
    """For each size, the figures of one event. `functions`, `packages`: by name.

    Raises RuntimeError when the events are not numbered.
    """
    for size in SIZES:
        asked = dict(zip(FUNCTIONS, _asked(size, functions), strict=True))
        of_functions = {}
        for name in FUNCTIONS:
            recording = _recorded(functions[name], packages[name], asked[name], aws, between)
            of_functions[name] = warm.measured(recording, between, requests)
        calls = -(-size // queues.MOST_MESSAGES)
        job = cost.Job("feed", FUNCTIONS, messages=calls)
        paid = cost.of_a_million(job, of_functions)
        both = of_functions.values()
        yield {
            "events": size,
            "read_units": sum(one["read_units"] for one in both) / size,
            "write_units": sum(one["write_units"] for one in both) / size,
            "messages": 1,
            "sqs_requests": calls * cost.REQUESTS_OF_A_MESSAGE / size,
            "invocations": len(FUNCTIONS) / size,
            "dollars": paid["dollars"] / size,
            "for": {what: dollars / size for what, dollars in paid["for"].items()},
        }


def _asked(size: int, functions: Mapping[str, Function]) -> tuple[Asked, Asked]:
    """So many vehicles in a new table, and the events of stream and queue about them."""
    world.new_table()
    made = World()
    driver = made.driver(at=made.organization(of=made.partner().id))
    vehicles = {f"VEHICLE#{made.vehicle(of=driver).id}" for _ in range(size)}
    records = [
        {
            "eventName": "INSERT",
            "dynamodb": {
                "Keys": {name: image[name] for name in ("pk", "sk")},
                "NewImage": image,
                "SequenceNumber": str(number),
            },
        }
        for number, image in enumerate(_entries())
        if image["pk"]["S"] in vehicles
    ]
    consumer = functions["number_events"].spec
    assert isinstance(consumer, Consumer)
    [rule] = consumer.rules
    changes = (stream.change_of(record) for record in records)
    messages = [message for change in changes if change and (message := rule.message_about(change))]
    return Asked({"Records": records}, made=True), Asked(events.of_queue(*messages), made=True)


def _entries() -> Iterator[dict[str, Any]]:
    """The entries of all histories, as the stream has them."""
    pages = boto3.client("dynamodb").get_paginator("scan").paginate(TableName=table.table_name())
    return (
        item for page in pages for item in page["Items"] if item["sk"]["S"].startswith("HISTORY#")
    )


def _recorded(
    function: Function, package: Package, asked: Asked, aws: world.Aws, between: Exchange
) -> Recording:
    settings = world.variables(function, aws, between.environment)
    between.record()
    start = started(package, function.name, [asked.event], settings)
    if not start.succeeded or not between.calls:
        raise RuntimeError(f"{function.name} did not do its work; it answered {start.answer}")
    calls = tuple(between.calls)
    return Recording(function, package, asked, settings, calls, start.log_bytes)

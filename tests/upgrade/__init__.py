"""Items that older versions wrote. Tests hold the code to them: it loads, changes and lists them.

A folder is a version of Motorpool. `items.jsonl` has one item a line, in DynamoDB's own JSON, as a
scan of that version's table gives it. `request.json` is the request, as the function got it, that
the idempotency record among the items belongs to.

These files are never edited: stored items do not change either when the code does. For an entity
that is new, or that is written with another shape than before, add a folder named after the version
that writes it, with items of that entity, and tests that change and list them. A test fails until
each kind of key in `docs/data.md` has an item here.

0.1.0 has each entity in the oldest shape that the code of that version wrote: a partner and a
vehicle without `version`, the vehicle also without `custodyNumber` and without a custody entry, an
idempotency record without `headers`. Two shapes of its first days are left out, because no
deployment ever had them: clients under their partner's key, and users and vehicles without
`supplierType`, a field that has no default.

0.2.0 has what it writes in another shape: an open check-in, with its vehicle and its entries in the
review queues; and a vehicle with its history.
"""

import inspect
import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from motorpool.dynamodb import keys
from motorpool.dynamodb.table import Key

FOLDER = Path(__file__).parent
VERSIONS = sorted(file.parent.name for file in FOLDER.glob("*/items.jsonl"))


@cache
def written_by(version: str) -> tuple[Mapping[str, Any], ...]:
    """The items of a version, in DynamoDB's JSON."""
    lines = (FOLDER / version / "items.jsonl").read_text().splitlines()
    return tuple(json.loads(line) for line in lines)


def request_of(version: str) -> dict[str, Any]:
    """The event of the request that the version's idempotency record belongs to."""
    event: dict[str, Any] = json.loads((FOLDER / version / "request.json").read_text())
    return event


def _pattern_of(maker: str) -> re.Pattern[str]:
    """What the keys that a function of `keys` makes look like: `pk`, line break, `sk`."""
    function = getattr(keys, maker)
    parameters = inspect.signature(function).parameters.values()
    numbers = {parameter.name for parameter in parameters if parameter.annotation is int}
    values = {p.name: 7 if p.name in numbers else f"<{p.name}>" for p in parameters}
    text = re.escape("\n".join(function(**values)))
    # Of some kinds the partition is that of another item.
    text = text.replace("<partition>", "[A-Z]+#[^#]+")
    return re.compile(re.sub("0*7", r"\\d+", re.sub("<[a-z_]+>", "[^#]+", text)))


# Each kind of item, by the name of the function of `keys` that makes its key.
KINDS = {
    name: _pattern_of(name)
    for name, function in inspect.getmembers(keys, inspect.isfunction)
    if inspect.signature(function).return_annotation is Key
}
# What no code writes or reads any more.
FORMER = {"outbox": re.compile("OUTBOX#[^#]+\nOUTBOX")}


def kind_of(item: Mapping[str, Any]) -> str:
    """The kind of an item."""
    key = f"{item['pk']['S']}\n{item['sk']['S']}"
    [kind] = [name for name, pattern in (KINDS | FORMER).items() if pattern.fullmatch(key)]
    return kind

"""The benchmark's engine: MiniStack that keeps nothing, and that is told on its input what to load.

Runs in the engine's own environment, never in the project's. Each line of the input is a JSON
object: `table`, `templates` (items whose strings hold `%(id)s` and the like), `first` and `last`
(the numbers of the vehicles). It writes to standard output how many it has loaded. A
vehicle goes straight into the engine's memory: over HTTP a million would take hours. The names are
private to MiniStack, whose version is pinned.
"""

import gc
import json
import os
import signal
import sys
import threading
from typing import Any

from ministack import app  # type: ignore[import-not-found]
from ministack.services import dynamodb  # type: ignore[import-not-found]

TOLD_EVERY = 5000


def values_of(number: int) -> dict[str, str]:
    """What is different in each vehicle's items. See `scale.py`, which asks for them by number."""
    return {
        "id": f"veh_{number:032x}",
        "vin": f"BENCH{number:012d}",
        "plate": f"B{number}",
        "owner": f"org_{number % (4 if number < 100 else 100):032x}",
        "user": f"usr_{number % 1000:032x}",
    }


def load(job: dict[str, Any]) -> None:
    """Put the items of each numbered vehicle into the table."""
    [table] = [found for key, found in dynamodb._tables.all_items() if key[2] == job["table"]]
    dynamodb._index_members(table)
    templates = []
    for item in job["templates"]:
        varying = [
            (name, kind, text)
            for name, value in item.items()
            for kind, text in value.items()
            if isinstance(text, str) and "%(" in text
        ]
        # Attributes that are the same in all items are the same objects: it is a lot of memory.
        templates.append((item, varying))
    for number in range(job["first"], job["last"]):
        values = values_of(number)
        for constant, varying in templates:
            item = constant.copy()
            for name, kind, text in varying:
                item[name] = {kind: text % values}
            dynamodb._set_item(table, item["pk"]["S"], item["sk"]["S"], item)
        if not (number + 1) % TOLD_EVERY:
            print("loaded", number + 1, flush=True)
    print("loaded", job["last"], flush=True)


def obey() -> None:
    """Load what is asked for, until the input ends: then the benchmark has ended, or was killed."""
    for line in sys.stdin:
        gc.disable()  # millions of new objects, none of them garbage
        load(json.loads(line))
        gc.freeze()
        gc.enable()
        print("done", flush=True)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=obey, daemon=True).start()
    app.main()

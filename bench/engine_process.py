"""The benchmark's engine: MiniStack without persistence, which loads vehicles by standard input.

Runs in the engine's own environment, not in the project's. Each line of the input is a JSON object:
`table`, `templates` (items whose strings contain `%(id)s` and the like), `first` and `last` (the
numbers of the vehicles). It prints how many are loaded. Vehicles are written into the engine's
memory, because over HTTP a million would take hours. It uses private names of MiniStack, whose
version is pinned.
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
    """The values that differ between vehicles, by their number; `scale.py` relies on them."""
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
        # Equal attributes of all items share their objects, which saves a lot of memory.
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
    """Load what each line of the input asks for; stop when the input ends with the benchmark."""
    for line in sys.stdin:
        gc.disable()  # millions of new objects, none of which is garbage
        load(json.loads(line))
        gc.freeze()
        gc.enable()
        print("done", flush=True)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=obey, daemon=True).start()
    app.main()

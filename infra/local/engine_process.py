"""The engine's process: MiniStack, saving its state every 20 s and when it is told to stop.

Runs in the engine's own environment (`.local/engine`), never in the project's. MiniStack saves its
state when it stops; a killed one would lose all since its start. Its own save is called here, in
its own process. And it enforces the buckets' and queues' TLS-only policies, though it speaks plain
HTTP: here a request counts as sent over TLS. The names are private to MiniStack:
`tests/e2e/test_engine.py` holds it to its word.
"""

import os
import threading

from ministack import app  # type: ignore[import-not-found]
from ministack.core import iam_evaluator  # type: ignore[import-not-found]

# Tests do not wait for 20 s.
SAVED_EVERY_SECONDS = float(os.environ.get("MOTORPOOL_SAVED_EVERY_SECONDS", "20"))


def _save_for_ever(stopping: threading.Event) -> None:
    while not stopping.wait(SAVED_EVERY_SECONDS):
        app.save_all(app._build_persistence_save_dict())


def _stop_with_the_parent(parent: int, stopping: threading.Event) -> None:
    """A parent that was killed cannot say so; a changed parent id does."""
    while not stopping.wait(1):
        if os.getppid() != parent:
            os.kill(os.getpid(), 15)
            return


def _pin_as_secure(source_ip: str, _: bool) -> object:
    return iam_evaluator.pin_request_origin(source_ip, True)


if __name__ == "__main__":
    app.pin_request_origin = _pin_as_secure
    done = threading.Event()
    for work in (_save_for_ever, lambda _: _stop_with_the_parent(int(os.environ["PARENT"]), done)):
        threading.Thread(target=work, args=(done,), daemon=True).start()
    app.main()

"""One run at a time: a lock on the folder that has the stack's data.

The operating system ends the lock with the last process that has the file open: this one, or the
engine, which inherits it and may still be saving for some seconds after this one was killed.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from infra.local import description

ENGINE_STOPS_WITHIN_SECONDS = 20


class AlreadyRunning(RuntimeError):
    """Another run uses the folder. The message is a sentence that says where it answers."""


@contextmanager
def only_run(folder: Path) -> Iterator[int]:
    """Lock the folder; yields the descriptor of the open lock file. Raises AlreadyRunning."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "run.lock").open("a+") as lock:
        _take(lock, folder)
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield lock.fileno()


def _take(lock: IO[str], folder: Path) -> None:
    deadline = time.monotonic() + ENGINE_STOPS_WITHIN_SECONDS
    while True:
        try:
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            if _is_there(lock.read()) or time.monotonic() > deadline:
                raise AlreadyRunning(_where(folder, lock)) from None
            time.sleep(0.1)


def _is_there(pid: str) -> bool:
    """Whether the process runs that wrote the lock file. Without a number: it is just starting."""
    try:
        os.kill(int(pid), 0)
    except ValueError:
        return True
    except ProcessLookupError:
        return False
    return True


def _where(folder: Path, lock: IO[str]) -> str:
    file = folder / "stack.json"
    stack = description.read(file)
    if not stack or file.stat().st_mtime < os.fstat(lock.fileno()).st_mtime:
        return f"Motorpool is already starting on the data in {folder.name}, in another terminal."
    return (
        f"Motorpool is already running on the data in {folder.name}, at {stack['endpoint']}: "
        f"partner API {stack['partner_api']}, supplier API {stack['supplier_api']}."
    )

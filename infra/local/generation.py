"""What the engine keeps: the state of all services in one file, `state/generation`.

Runs in the engine's process (`engine_process.py`), which imports it by its bare name.

MiniStack saves each service into a JSON file of its own, when it stops. Saved while it runs, these
files disagree with each other, and a service that a request changes meanwhile is not saved at all.
Here the process is forked on the thread of the event loop, between two requests. The child has all
services as they were at that moment, writes them into one file, and ends; requests go on.

- A generation is saved 2 s after the start of the last one, if something changed, and when the
  engine stops. A save that fails is tried again at once and told on the terminal.
- Nothing is saved while a stack is being deployed: after a kill, the deployment begins anew.
- S3 writes each object itself before it answers, so after a kill an object can be newer than the
  generation, but not older. Only what was deleted since then is missing.
- Streams are saved with the reading positions of their mappings, from the first unread record on.
- Messages that a function was working on are delivered again at once after a start.
- JSON files of the older layout are read if there is no generation, and deleted after the first.
"""

import asyncio
import contextlib
import copy
import gc
import os
import pickle
import select
import signal
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from ministack import app  # type: ignore[import-not-found]
from ministack.core import persistence  # type: ignore[import-not-found]
from ministack.services import cloudformation, dynamodb, lambda_svc, sqs  # type: ignore[import-not-found]

FOLDER = Path(persistence.STATE_DIR)
FILE = FOLDER / "generation"
# Tests set other times.
SAVED_EVERY_SECONDS = float(os.environ.get("MOTORPOOL_SAVED_EVERY_SECONDS", "2"))
# A child inherits the locks that other threads held when it was forked, and could wait for ever.
STUCK_AFTER_SECONDS = float(os.environ.get("MOTORPOOL_STUCK_AFTER_SECONDS", "10"))
TRIES_AT_THE_END = 2
DEPLOYMENT_LOOKED_AT_EVERY_SECONDS = 0.2
# The exit status after a sentence that says why the data cannot be used.
REFUSED = 3
READING = ("Get", "BatchGet", "TransactGet", "List", "Describe", "Filter", "Query", "Scan")


class _Child(NamedTuple):
    pid: int
    answers: int  # the pipe's reading end


class Saver:
    """Saves generations: `start` it, tell it of changes, and let it save the `last`."""

    def __init__(self) -> None:
        self.changed = True
        self._child: _Child | None = None
        self._stopping = False
        self._told = ""

    def start(self) -> None:
        """Save from now on, in a thread of its own."""
        warnings.filterwarnings("ignore", r".*multi-threaded, use of fork", DeprecationWarning)
        threading.Thread(target=self._save_for_ever, daemon=True).start()

    def last(self, *_services: object) -> None:
        """Save what changed since the last generation; call it on the event loop's thread."""
        self._stopping = True
        if self._child:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._child.pid, signal.SIGKILL)
            self.changed = True
        for _ in range(TRIES_AT_THE_END):
            if not self.changed or _is_being_deployed():
                return
            self.changed = False
            self._finished(self._forked())

    def _save_for_ever(self) -> None:
        next_at = time.monotonic() + SAVED_EVERY_SECONDS
        failed = False
        while not self._stopping:
            time.sleep(max(0.0, next_at - time.monotonic()))
            next_at = time.monotonic() + SAVED_EVERY_SECONDS
            if not self.changed or app._MAIN_LOOP is None:
                continue
            child = asyncio.run_coroutine_threadsafe(self._begun(), app._MAIN_LOOP).result()
            if child is None:
                next_at = time.monotonic() + DEPLOYMENT_LOOKED_AT_EVERY_SECONDS
                continue
            failed_before, failed = failed, not self._finished(child)
            if failed and not failed_before:
                next_at = time.monotonic()

    async def _begun(self) -> _Child | None:
        """Fork, unless the engine stops or deploys; runs between two requests."""
        if self._stopping or _is_being_deployed():
            return None
        self.changed = False
        return self._forked()

    def _forked(self) -> _Child:
        parent = os.getpid()
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            _save_and_exit(parent, writing)
        os.close(writing)
        self._child = _Child(pid, reading)
        return self._child

    def _finished(self, child: _Child) -> bool:
        """Wait for a child; whether it saved."""
        size = -1
        while not select.select([child.answers], [], [], STUCK_AFTER_SECONDS)[0]:
            if size == (size := _size_of(_part_of(child.pid))):
                os.kill(child.pid, signal.SIGKILL)
        answer = os.read(child.answers, 2000).decode() or "the saving process was stuck or killed"
        os.close(child.answers)
        os.waitpid(child.pid, 0)
        if self._child is child:
            self._child = None
        if answer == "saved":
            self._told = ""
            for old in FOLDER.glob("*.json"):
                old.unlink(missing_ok=True)
            return True
        self.changed = True
        _part_of(child.pid).unlink(missing_ok=True)
        superseded = self._stopping and threading.current_thread() is not threading.main_thread()
        if answer != self._told and not superseded:
            self._told = answer
            tell(f"The data were not saved: {answer}. Trying again.")
        return False


def tell(sentence: str) -> None:
    """Print it in the engine's log and on the terminal of the process that started the engine."""
    print(sentence, file=sys.stderr, flush=True)
    if terminal := os.environ.get("MOTORPOOL_TERMINAL"):
        os.write(int(terminal), f"{sentence}\n".encode())


def _part_of(pid: int) -> Path:
    return FOLDER / f"generation.{pid}.part"


def _size_of(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


def _is_being_deployed() -> bool:
    stacks = cloudformation._stacks.all_values()
    return any(stack["StackStatus"].endswith("_IN_PROGRESS") for stack in stacks)


def _save_and_exit(parent: int, answers: int) -> NoReturn:
    """The whole life of the child. It writes "saved" or what went wrong into the pipe."""
    try:
        gc.disable()
        os.dup2(answers, 3)
        # Without this, the engine's port stays taken and its callers wait when it is killed.
        os.closerange(4, 1 << 16)
        _save(parent)
        os.write(3, b"saved")
    except BaseException as error:
        os.write(3, f"{type(error).__name__}: {error}".encode()[:2000])
    finally:
        os._exit(0)


def _save(parent: int) -> None:
    # Only the child's own memory is written: what is copied here is not changed by anybody else.
    copy.deepcopy = lambda value, *_: value
    referenced: list[set[str]] = []
    prune, lambda_svc._prune_orphan_code_blobs = (
        lambda_svc._prune_orphan_code_blobs,
        referenced.append,
    )
    services = {key: state() for key, state in app._build_persistence_save_dict().items()}
    if missing := [key for key, state in services.items() if state is None]:
        raise RuntimeError(f"no state of {', '.join(missing)}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    part = _part_of(os.getpid())
    with part.open("wb") as file:
        pickler = pickle.Pickler(file, protocol=5)
        # Without a memo, which would take more memory than the data: no state refers to itself.
        pickler.fast = True
        pickler.dump({"services": services, "streams": _unread_streams()})
        file.flush()
        os.fsync(file.fileno())
    if os.getppid() != parent:
        # An engine that was started meanwhile has newer data.
        part.unlink()
        raise RuntimeError("the engine was killed")
    part.replace(FILE)
    # Only now, because the generation before refers to them.
    for blobs in referenced:
        prune(blobs)


def _unread_streams() -> dict[str, Any]:
    records, trimmed = {}, {}
    for (account, region, table), kept in dynamodb._stream_records.all_items():
        read = [
            lambda_svc._dynamodb_stream_positions.get_scoped(account, region, mapping["UUID"], 0)
            for mapping in lambda_svc._esms.all_values()
            if f":table/{table}/stream/" in mapping["EventSourceArn"]
        ]
        before = dynamodb._stream_trimmed.get_scoped(account, region, table, 0)
        first = max(before, min(read, default=0))
        records[account, region, table] = kept[first - before :]
        trimmed[account, region, table] = first
    counter = dynamodb._stream_seq_counter
    return {"records": records, "trimmed": trimmed, "counter": counter}


def stored() -> dict[str, Any] | None:
    """The stored generation; None if there is none. An unreadable one ends the process."""
    for part in FOLDER.glob("generation.*.part"):
        # Its process cannot finish it any more.
        part.unlink(missing_ok=True)
    try:
        with FILE.open("rb") as file:
            generation: dict[str, Any] = pickle.load(file)  # noqa: S301 - our own file
            return generation
    except FileNotFoundError:
        return None
    except Exception as error:
        _refuse(FILE, error)


def _refuse(file: Path, reason: object) -> NoReturn:
    print(
        f"The data in {file} cannot be read ({reason}). Restore that file, or forget all data with "
        "`make clean ARGS=data`.",
        file=sys.stderr,
        flush=True,
    )
    os._exit(REFUSED)


def restored(generation: dict[str, Any] | None) -> None:
    """Load a generation, or the older layout's JSON files, into the services.

    The mappings are not read yet: call `lambda_svc._ensure_poller` when the engine answers.
    """
    ensure_poller, lambda_svc._ensure_poller = lambda_svc._ensure_poller, lambda: None
    if generation is None:
        # That layout has positions, but no streams: new records would be taken for read.
        lambda_svc._restore_esm_positions = lambda *_: None
    else:
        streams = generation["streams"]
        dynamodb._stream_records._data.update(streams["records"])
        dynamodb._stream_trimmed._data.update(streams["trimmed"])
        dynamodb._stream_seq_counter = streams["counter"]
    for key, module in app._state_map.items():
        file = FOLDER / f"{key}.json"
        try:
            if generation is not None:
                state = generation["services"].get(key)
            else:
                state = persistence.load_state(key)
                if state is None and file.exists():
                    raise ValueError("see the lines above")
            if state:
                app._get_module(module).load_persisted_state(state)
        except Exception as error:
            _refuse(file if generation is None else FILE, f"{key}: {error!r}")
    lambda_svc._ensure_poller = ensure_poller
    _rename_queues()
    _deliver_again()


def _rename_queues() -> None:
    """Give queues the URL that this engine knows them by: it held the port in the older layout."""
    urls = {}
    for key, queue in list(sqs._queues._data.items()):
        account, region, url = key
        urls[url] = sqs._queue_url_for_account(account, queue["name"])
        queue["url"] = urls[url]
        del sqs._queues._data[key]
        sqs._queues._data[account, region, urls[url]] = queue
    sqs._queue_name_to_url._data.clear()
    sqs._rebuild_queue_name_index()
    for stack in cloudformation._stacks.all_values():
        for resource in stack["_resources"].values():
            if new := urls.get(resource["PhysicalResourceId"]):
                resource["PhysicalResourceId"] = new


def _deliver_again() -> None:
    """Show the messages whose functions ended with the engine, which nobody else will delete."""
    now = time.time()
    for queue in sqs._queues.all_values():
        for message in queue["messages"]:
            if message.get("receive_count"):
                message["visible_at"] = min(message["visible_at"], now)


def changes(scope: dict[str, Any]) -> bool:
    """Whether a request may change something; some that do not are taken for one that does."""
    if scope["method"] in ("GET", "HEAD", "OPTIONS"):
        return False
    target = dict(scope["headers"]).get(b"x-amz-target", b"").decode("latin-1")
    return not target.rpartition(".")[2].startswith(READING)

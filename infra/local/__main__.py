"""`make run`: the whole system in the foreground, until Ctrl-C."""

import signal
import sys
import threading
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from rich.console import Console
from rich.markup import escape
from rich.status import Status
from watchfiles import PythonFilter, watch

from infra.local import logs
from infra.local.engine import free_port
from infra.local.lock import AlreadyRunning
from infra.local.stack import LocalStack, how_it_ended, running
from infra.paths import FUNCTIONS, LAYERS, LOCAL, ROOT

PORT = 4566
FOLLOWED_EVERY_SECONDS = 1
WATCHED_AGAIN_SECONDS = 5

console = Console(highlight=False, soft_wrap=True)


def main(folder: Path = LOCAL, port: int = PORT) -> None:
    """Run until SIGINT, SIGTERM or SIGHUP (a closed terminal); each stops the system in order.

    The data are in `folder`. Exits with 1 when the system cannot start, or when its engine ends.
    """
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, lambda *_: stop.set() if stop_in_order else sys.exit(130))
    stop_in_order = False

    with console.status("Starting") as status:
        try:
            free = free_port(port)
            context = running(folder, free, lambda step: _say(status, step))
            stack = context.__enter__()
        except AlreadyRunning as error:
            console.print(f"[red]{escape(str(error))}[/]")
            sys.exit(1)
        except RuntimeError as error:
            console.print(f"[red]Motorpool did not start:[/] {escape(str(error))}")
            sys.exit(1)
    try:
        stop_in_order = True
        if free != port:
            console.print(f"[yellow]Port {port} is in use; using {free} instead.[/]")
        console.print(_welcome(stack.description))
        threading.Thread(target=redeploy_edits, args=(stack, stop), daemon=True).start()
        follow(stack, stop)
    finally:
        stop.set()
        ended = stack.engine.ended
        with console.status("Saving the data and stopping the engine …"):
            context.__exit__(None, None, None)
    if ended:
        sys.exit(1)
    console.print("Stopped. The data are kept in .local; `make run` continues with them.")


def _say(status: Status, step: str) -> None:
    """Show the step that begins: as a status, or as a line when the output is not a terminal."""
    if console.is_terminal:
        status.update(f"{step} …")
    else:
        console.print(f"{step} …")


def follow(stack: LocalStack, stop: threading.Event) -> None:
    """Print the functions' log lines until `stop` is set, or the engine has ended by itself."""
    # A call that hangs must not hold up Ctrl-C for long: the next second is the next try.
    impatient = Config(connect_timeout=2, read_timeout=15, retries={"total_max_attempts": 1})
    lines = logs.Follower(boto3.client("logs", config=impatient), logs.now_ms())
    said = _Said()
    while not stop.wait(FOLLOWED_EVERY_SECONDS):
        try:
            for line in lines.new_lines(logs.now_ms()):
                console.print(line, markup=False)
        except Exception as error:
            if stack.engine.ended is None:
                said.once(f"The log lines cannot be read now and are tried again: {error}")
        if stack.engine.ended:
            console.print(f"[red]Motorpool has stopped:[/] {escape(how_it_ended(stack.engine))}")
            return


class _Said:
    """Warnings that were printed. What fails every second is said once."""

    def __init__(self) -> None:
        self._texts: set[str] = set()

    def once(self, text: str) -> None:
        if text not in self._texts:
            self._texts.add(text)
            console.print(f"[yellow]{escape(text)}[/]")


def redeploy_edits(
    stack: LocalStack, stop: threading.Event, *folders: Path, wait: float = WATCHED_AGAIN_SECONDS
) -> None:
    """Redeploy edited files until `stop` is set. `folders`: without any, functions and layers."""
    said = _Said()
    polling = None
    while not stop.is_set():
        try:
            for changes in watch(
                *(folders or (FUNCTIONS, LAYERS)),
                watch_filter=PythonFilter(),
                stop_event=stop,
                force_polling=polling,
            ):
                _redeploy(stack, [Path(path) for _, path in changes], stop)
        except Exception as error:
            # The operating system may have no watch left; looking at the files needs none.
            polling = True
            said.once(f"Edits cannot be watched now, and this is tried again: {error}")
            stop.wait(wait)


def _redeploy(stack: LocalStack, changed: list[Path], stop: threading.Event) -> None:
    names = ", ".join(
        sorted(
            str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path) for path in changed
        )
    )
    try:
        stack.redeployed()
    except Exception as error:
        # An engine that is stopping or has ended refuses calls.
        if not stop.is_set() and stack.engine.ended is None:
            console.print(
                f"[red]{names} changed and cannot be deployed; what was live stays live:[/]\n"
                f"[red]{escape(str(error))}[/]"
            )
    else:
        console.print(f"[green]{names} changed and is live.[/]")


def _welcome(stack: dict[str, Any]) -> str:
    """The text with the URLs, credentials, and curl lines to paste."""
    partner = stack["partner"]
    user = stack["users"][0]["id"]
    headers = " ".join(f"-H '{name}: {value}'" for name, value in partner.items())
    car = (
        f'{{"userId": "{user}", "vin": "1FMCU14T6JU400773", "make": "Ford", '
        '"model": "Bronco II", "year": 1988, "licensePlate": "TEST-123", "state": "CA"}'
    )
    return f"""
[bold]Motorpool is up.[/] Ctrl-C stops it; the data stay in .local.

partner API   {stack["partner_api"]}
supplier API  {stack["supplier_api"]}
credentials   .local/stack.json

Register a vehicle (the second time it answers 409):

curl -s -X POST {stack["partner_api"]}/vehicles/create/by-vin {headers} -d '{car}'

Get a user:

curl -s {stack["partner_api"]}/users/{user} {headers}

The functions' log lines follow, each with the first 8 characters of the answer's x-request-id.
"""


if __name__ == "__main__":
    main()

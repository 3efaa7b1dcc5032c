"""`make run`: the whole system in the foreground, until Ctrl-C."""

import signal
import sys
import threading
from pathlib import Path
from typing import Any

import boto3
from rich.console import Console
from rich.markup import escape
from rich.status import Status
from watchfiles import PythonFilter, watch

from infra.local import logs
from infra.local.engine import free_port
from infra.local.stack import LocalStack, running
from infra.paths import FUNCTIONS, LAYERS, LOCAL

PORT = 4566
FOLLOWED_EVERY_SECONDS = 1

console = Console(highlight=False, soft_wrap=True)


def main() -> None:
    """Run until SIGINT, SIGTERM or SIGHUP (a closed terminal); each stops the system in order."""
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, lambda *_: stop.set() if stop_in_order else sys.exit(130))
    stop_in_order = False

    port = free_port(PORT)
    if port != PORT:
        console.print(f"[yellow]Port {PORT} is in use; using {port} instead.[/]")
    with console.status("Starting") as status:
        try:
            context = running(LOCAL, port, lambda step: _say(status, step))
            stack = context.__enter__()
        except RuntimeError as error:
            console.print(f"[red]Motorpool did not start:[/] {escape(str(error))}")
            sys.exit(1)
    try:
        stop_in_order = True
        console.print(_welcome(stack.description))
        threading.Thread(target=_redeploy_edits, args=(stack, stop), daemon=True).start()
        _follow_logs(stop)
    finally:
        with console.status("Saving the data and stopping the engine …"):
            context.__exit__(None, None, None)
        console.print("Stopped. The data are kept in .local; `make run` continues with them.")


def _say(status: Status, step: str) -> None:
    """Show the step that begins: as a status, or as a line when the output is not a terminal."""
    if console.is_terminal:
        status.update(f"{step} …")
    else:
        console.print(f"{step} …")


def _follow_logs(stop: threading.Event) -> None:
    client = boto3.client("logs")
    since = logs.now_ms()
    while not stop.wait(FOLLOWED_EVERY_SECONDS):
        until = logs.now_ms()
        for line in logs.lines(client, since, until):
            console.print(line, markup=False)
        since = until


def _redeploy_edits(stack: LocalStack, stop: threading.Event) -> None:
    """Redeploy edited files until `stop` is set."""
    for changes in watch(FUNCTIONS, LAYERS, watch_filter=PythonFilter(), stop_event=stop):
        names = ", ".join(
            sorted({Path(path).relative_to(LOCAL.parent).as_posix() for _, path in changes})
        )
        try:
            stack.redeployed()
        except Exception as error:
            console.print(
                f"[red]{names} changed, but could not be deployed:[/] {escape(str(error))}"
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

The functions' log lines follow.
"""


if __name__ == "__main__":
    main()

"""The engine: MiniStack as a child process on 127.0.0.1, with its data in one folder."""

import os
import secrets
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import httpx

from infra.paths import ENGINE

HOST = "127.0.0.1"
# A REST API's path in the engine is this, then the API's id, then the stage.
GATEWAY_PATH = "_aws/execute-api"
REGION = "us-east-1"
# MiniStack's root user; not a secret.
ROOT_USER = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
STARTS_WITHIN_SECONDS = 30
STOPS_WITHIN_SECONDS = 30
# As in `engine_process.py` and `generation.py`, which run in another environment.
WHO_PATH = "_motorpool/engine"
REFUSED = 3


def free_port(wanted: int) -> int:
    """`wanted`, or the next port on which nothing listens."""
    for port in range(wanted, wanted + 200):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise OSError(f"no free port between {wanted} and {wanted + 199}")


@dataclass
class Engine:
    """A running MiniStack. Use as a context manager; leaving it stops the process."""

    folder: Path
    port: int
    # A file descriptor that the process keeps open, and with it the lock of its file.
    lock: int | None = None

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log = self.folder / "engine.log"

    @property
    def endpoint(self) -> str:
        """The endpoint URL for AWS clients."""
        return f"http://{HOST}:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that make AWS clients use this engine."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            **ROOT_USER,
        }

    def __enter__(self) -> Self:
        """Start it and wait until it answers; on the next free port if another process has its own.

        Raises RuntimeError with the reason if it cannot use the data, else with the log's end.
        """
        while not self._started():
            if self._process.returncode == REFUSED:
                raise RuntimeError(self.log.read_text().splitlines()[-1])
            if (port := free_port(self.port)) == self.port:
                end = self.log.read_text()[-2000:]
                raise RuntimeError(f"the engine did not start on port {self.port}:\n{end}")
            self.port = port
        return self

    def _started(self) -> bool:
        """Start a process; whether it is what answers on the port. If not, it has ended."""
        token, terminal = secrets.token_hex(16), os.dup(2)
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                [ENGINE / "bin" / "python", Path(__file__).with_name("engine_process.py")],
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=[terminal] if self.lock is None else [terminal, self.lock],
                env=self._settings() | {"TOKEN": token, "MOTORPOOL_TERMINAL": str(terminal)},
                # Ctrl-C in the terminal must reach only the parent, which stops the engine.
                start_new_session=True,
            )
        os.close(terminal)
        deadline = time.monotonic() + STARTS_WITHIN_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                if httpx.get(f"{self.endpoint}/{WHO_PATH}", timeout=1).text == token:
                    return True
            except httpx.HTTPError:
                pass
            time.sleep(0.05)
        if self._process.poll() is None:
            self.kill()
        return False

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOPS_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    @property
    def ended(self) -> str | None:
        """How the process ended: `killed by SIGKILL`, or `exit code 1`; None while it runs."""
        code = self._process.poll()
        if code is None:
            return None
        return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"

    def kill(self) -> None:
        """Kill it; changes of the last seconds are lost."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _settings(self) -> dict[str, str]:
        folder = self.folder.resolve()
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PYTHON"))}
        return inherited | {
            **ROOT_USER,
            "AUTH": "true",
            "BIND_HOST": HOST,
            # Not GATEWAY_PORT: the queues' URLs, by which they are stored, would hold the port.
            "EDGE_PORT": str(self.port),
            "AWS_ENDPOINT_URL": self.endpoint,
            "PERSIST_STATE": "1",
            "STATE_DIR": str(folder / "state"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(folder / "s3"),
            "TMPDIR": str(_made(folder / "tmp")),
            "LOG_LEVEL": "WARNING",
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            "LOCAL_GATEWAY": f"{self.endpoint}/{GATEWAY_PATH}",
            "PARENT": str(os.getpid()),
        }


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder

"""The engine: MiniStack as a child process on 127.0.0.1, with its data in one folder."""

import os
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
STOPS_WITHIN_SECONDS = 10


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
        """Start it and wait until it answers. Raises RuntimeError with the log's end."""
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                [ENGINE / "bin" / "python", Path(__file__).with_name("engine_process.py")],
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._settings(),
                # Ctrl-C in the terminal must reach only the parent, which stops the engine.
                start_new_session=True,
                pass_fds=() if self.lock is None else (self.lock,),
            )
        deadline = time.monotonic() + STARTS_WITHIN_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                httpx.get(f"{self.endpoint}/_ministack/health", timeout=1)
            except httpx.HTTPError:
                time.sleep(0.05)
            else:
                return self
        self.kill()
        end_of_log = self.log.read_text()[-2000:]
        raise RuntimeError(f"the engine did not start on port {self.port}:\n{end_of_log}")

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
        """Kill it; changes that were not saved yet are lost."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _settings(self) -> dict[str, str]:
        folder = self.folder.resolve()
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PYTHON"))}
        return inherited | {
            **ROOT_USER,
            "AUTH": "true",
            "BIND_HOST": HOST,
            "GATEWAY_PORT": str(self.port),
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

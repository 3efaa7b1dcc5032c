"""The benchmark's own engine on 127.0.0.1: starts empty and keeps nothing."""

import json
import os
import random
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from infra.local.engine import HOST, REGION, ROOT_USER, STARTS_WITHIN_SECONDS, free_port
from infra.paths import ENGINE

# A random port, so that engines that start at the same time do not probe the same ones.
PORTS = range(21_000, 29_000)


@dataclass(frozen=True, slots=True)
class BenchEngine:
    """A running engine, whose table can be filled without HTTP."""

    endpoint: str
    process: "subprocess.Popen[str]"

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that make a function's AWS clients use it."""
        return environment(self.endpoint)

    def fill(self, job: dict[str, Any], said: Callable[[int], None]) -> None:
        """Load numbered vehicles (see `engine_process`); `said` is called with the progress."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            if line.startswith("loaded "):
                said(int(line.split()[1]))
            elif line.startswith("done"):
                return
        raise RuntimeError("the engine stopped while it was loading")

    def memory(self) -> int:
        """Its resident memory in bytes."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")


def environment(endpoint: str) -> dict[str, str]:
    """The environment variables that make a function's AWS clients use that endpoint."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        **ROOT_USER,
        "AWS_SESSION_TOKEN": "test",
    }


@contextmanager
def engine() -> Iterator[BenchEngine]:
    """Start it, wait until it answers, and kill it afterwards."""
    with tempfile.TemporaryDirectory(prefix="motorpool-bench-") as folder:
        port = free_port(random.choice(PORTS))
        log = Path(folder) / "engine.log"
        with log.open("w") as errors:
            process = subprocess.Popen(
                [ENGINE / "bin" / "python", Path(__file__).with_name("engine_process.py")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=_settings(folder, port),
                start_new_session=True,
            )
        running = BenchEngine(f"http://{HOST}:{port}", process)
        try:
            _answers(running, log)
            yield running
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _answers(running: BenchEngine, log: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_SECONDS
    while time.monotonic() < deadline and running.process.poll() is None:
        try:
            httpx.get(f"{running.endpoint}/_ministack/health", timeout=1)
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"the engine did not start:\n{log.read_text()[-2000:]}")


def _settings(folder: str, port: int) -> dict[str, str]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PYTHON"))}
    return inherited | {
        **ROOT_USER,
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "PERSIST_STATE": "0",
        "S3_PERSIST": "0",
        "S3_DATA_DIR": f"{folder}/s3",
        "STATE_DIR": f"{folder}/state",
        "TMPDIR": folder,
        "LOG_LEVEL": "ERROR",
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
    }

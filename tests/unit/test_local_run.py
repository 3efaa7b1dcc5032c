"""`make run` says what went wrong in a sentence, and goes on where it can."""

import io
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from rich.console import Console
from watchfiles import watch

from infra import build
from infra.local import __main__ as run
from infra.local import description, imports, logs
from infra.local.lock import AlreadyRunning, only_run
from infra.local.stack import how_it_ended
from infra.paths import ROOT

Printed = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines are not broken, and go to what the test captures."""
    monkeypatch.setattr(run, "console", Console(highlight=False, soft_wrap=True, file=_Out()))


class _Out(io.StringIO):
    """Standard output as it is when something is written: each test has its own."""

    def write(self, text: str) -> int:
        return sys.stdout.write(text)

    def flush(self) -> None:
        sys.stdout.flush()


HOLDER = """
import sys, time
from pathlib import Path
from infra.local.lock import only_run

with only_run(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def another_run(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the folder's lock, as `make run` does."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_run_ends_at_once_and_names_the_first_ones_urls(
    tmp_path: Path,
    another_run: subprocess.Popen[str],
    monkeypatch: pytest.MonkeyPatch,
    printed: Callable[[], str],
) -> None:
    monkeypatch.setattr(run, "free_port", lambda port: port)
    urls = {"endpoint": "http://here", "partner_api": "http://a", "supplier_api": "http://b"}
    description.write(urls, tmp_path / "stack.json")
    with pytest.raises(SystemExit) as ended:
        run.main(tmp_path)
    assert ended.value.code == 1
    assert "Motorpool is already running" in printed()
    assert "http://here: partner API http://a, supplier API http://b." in printed()
    assert description.read(tmp_path / "stack.json") == urls


def test_a_run_that_has_not_started_yet_is_not_described_by_an_older_runs_urls(
    tmp_path: Path, another_run: subprocess.Popen[str]
) -> None:
    description.write({"endpoint": "http://before"}, tmp_path / "stack.json")
    os.utime(tmp_path / "stack.json", (0, 0))
    with pytest.raises(AlreadyRunning, match="already starting"), only_run(tmp_path):
        pass


def test_a_killed_run_does_not_block_the_next_one(
    tmp_path: Path, another_run: subprocess.Popen[str]
) -> None:
    another_run.kill()
    another_run.wait()
    with only_run(tmp_path):
        pass


def test_a_run_waits_until_the_engine_of_a_killed_run_has_saved(tmp_path: Path) -> None:
    with only_run(tmp_path) as lock:
        saving = subprocess.Popen(["sleep", "0.5"], pass_fds=(lock,))
        (tmp_path / "run.lock").write_text(str(_ended_process()))
    with only_run(tmp_path):
        assert saving.wait(0.1) == 0


def _ended_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@dataclass
class FakeEngine:
    """An engine that runs, until it is said to have ended."""

    folder: Path = Path(".local")
    log: Path = Path("engine.log")
    ended: str | None = None


@dataclass
class FakeStack:
    """A stack whose deployment of edits may fail."""

    engine: FakeEngine = field(default_factory=FakeEngine)
    description: dict[str, Any] = field(
        default_factory=lambda: {
            "partner": {}, "users": [{"id": "u"}], "partner_api": "p", "supplier_api": "s"
        }
    )  # fmt: skip
    deployed: threading.Event = field(default_factory=threading.Event)
    failure: Exception | None = None

    def redeployed(self) -> None:
        self.deployed.set()
        if self.failure:
            raise self.failure


@pytest.fixture
def stack() -> Any:
    return FakeStack()


@pytest.fixture
def printed(capsys: Printed) -> Callable[[], str]:
    """All that was printed so far."""
    texts: list[str] = []

    def printed() -> str:
        texts.append(capsys.readouterr().out)
        return "".join(texts)

    return printed


class FakeLogs:
    """CloudWatch Logs with one line for every call, which fails when it is told to."""

    class exceptions:  # noqa: N801  # boto3's name
        class ResourceNotFoundException(Exception): ...

    def __init__(self) -> None:
        self.failures: list[Exception] = []
        self.asked: list[tuple[str, int, int]] = []

    def filter_log_events(self, *, logGroupName: str, startTime: int, endTime: int) -> Any:  # noqa: N803
        if self.failures:
            raise self.failures.pop(0)
        self.asked.append((logGroupName, startTime, endTime))
        return {"events": [{"message": f"{logGroupName[-1]}{startTime}"}]}


CHANGED = ClientError(
    {"Error": {"Code": "InternalFailure", "Message": "dictionary changed size"}}, "FilterLogEvents"
)


@pytest.fixture
def two_functions(tmp_path: Path) -> Path:
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / "handler.py").write_text("handler = print\n")
    return tmp_path


def test_lines_that_could_not_be_read_are_read_later_and_no_line_twice(two_functions: Path) -> None:
    client: Any = FakeLogs()
    follower = logs.Follower(client, 0, two_functions)
    assert list(follower.new_lines(10)) == ["a: a0", "b: b0"]
    client.failures = [CHANGED]
    with pytest.raises(ClientError):
        list(follower.new_lines(20))
    list(follower.new_lines(30))
    group = logs.GROUP_PREFIX
    assert client.asked == [
        (group + "a", 0, 9), (group + "b", 0, 9), (group + "a", 10, 29), (group + "b", 10, 29)
    ]  # fmt: skip


def test_a_log_that_cannot_be_read_is_said_once_and_the_run_goes_on(
    stack: Any, monkeypatch: pytest.MonkeyPatch, printed: Callable[[], str]
) -> None:
    stop, tries = threading.Event(), []

    class Failing(FakeLogs):
        def filter_log_events(self, **_: Any) -> Any:
            tries.append(1)
            if len(tries) == 3:
                stop.set()
            raise CHANGED

    monkeypatch.setattr(run, "FOLLOWED_EVERY_SECONDS", 0.01)
    monkeypatch.setattr(boto3, "client", lambda *_, **__: Failing())
    run.follow(stack, stop)
    assert len(tries) == 3
    assert printed().count("dictionary changed size") == 1


def test_an_engine_that_ended_by_itself_ends_the_run_with_a_sentence_and_an_exit_code(
    stack: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, printed: Callable[[], str]
) -> None:
    @contextmanager
    def running(*_: Any) -> Iterator[Any]:
        yield stack

    class Killed(FakeLogs):
        def filter_log_events(self, **_: Any) -> Any:
            stack.engine.ended = "killed by SIGKILL"
            raise ConnectionError

    monkeypatch.setattr(run, "running", running)
    monkeypatch.setattr(run, "FOLLOWED_EVERY_SECONDS", 0.01)
    monkeypatch.setattr(boto3, "client", lambda *_, **__: Killed())
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(run, "free_port", lambda port: port)
    with pytest.raises(SystemExit) as ended:
        run.main(tmp_path)
    assert ended.value.code == 1
    assert "ended by itself (killed by SIGKILL)" in printed()
    assert "`make run` continues with it" in printed()
    assert "Stopped." not in printed()


def edits_are_watched(
    stack: Any, folder: Path, until: Callable[[], bool], edit: Callable[[int], None]
) -> None:
    """Watch the folder, and edit it again and again until something has happened."""
    stop = threading.Event()
    watcher = threading.Thread(
        target=run.redeploy_edits, args=(stack, stop, folder), kwargs={"wait": 0.01}
    )
    watcher.start()
    for number in range(100):
        edit(number)
        if until():
            break
        stop.wait(0.1)
    stop.set()
    watcher.join(10)
    assert until()


def test_an_edit_that_cannot_be_deployed_is_said_with_its_place(
    stack: Any, tmp_path: Path, printed: Callable[[], str]
) -> None:
    stack.failure = RuntimeError("functions/a/handler.py:1: SyntaxError: invalid syntax")
    edited = tmp_path / "handler.py"
    edits_are_watched(
        stack, tmp_path, lambda: "SyntaxError" in printed(), lambda n: void(edited, n)
    )
    assert "handler.py changed and cannot be deployed; what was live stays live:" in printed()
    assert "is live." not in printed()


def void(file: Path, number: int) -> None:
    file.write_text(f"# {number}\n")


def test_a_watcher_that_fails_is_said_once_and_tried_again(
    stack: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, printed: Callable[[], str]
) -> None:
    tries = []

    def failing_at_first(*folders: Any, **settings: Any) -> Any:
        tries.append(settings["force_polling"])
        if len(tries) < 3:
            raise OSError("inotify watch limit reached")
        return watch(*folders, **settings)

    monkeypatch.setattr(run, "watch", failing_at_first)
    edits_are_watched(
        stack, tmp_path, stack.deployed.is_set, lambda n: void(tmp_path / "handler.py", n)
    )
    assert tries == [None, True, True]
    assert printed().count("inotify watch limit reached") == 1


def a_handler(folder: Path, text: str) -> Path:
    (folder / "one").mkdir(exist_ok=True)
    (folder / "one" / "handler.py").write_text(text)
    return folder


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a = 1\ndef handler(:\n", ":2: SyntaxError: invalid syntax"),
        ("\n\nimport nothing_there\n", ":3: ModuleNotFoundError: No module named 'nothing_there'"),
        ("def f():\n    return missing\n\nf()\n", ":2: NameError: name 'missing' is not defined"),
        ("import sys\nsys.exit(3)\n", ":2: SystemExit: 3"),
        ("import json\njson.loads('')\n", ":2: JSONDecodeError: "),
        ("", ":0: ImportError: it defines no `handler`"),
    ],
)
def test_a_handler_that_cannot_be_imported_is_named_with_file_and_line(
    tmp_path: Path, text: str, problem: str
) -> None:
    functions = a_handler(tmp_path, text)
    with pytest.raises(RuntimeError, match=re.escape(f"one/handler.py{problem}")):
        imports.ensure_handlers(functions)


def test_an_error_in_the_package_is_named_once_in_the_file_that_has_it(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "shared.py").write_text("\nx = 1 +\n")
    functions = tmp_path / "functions"
    for name in ("one", "two"):
        (functions / name).mkdir(parents=True)
        (functions / name / "handler.py").write_text("import shared\nhandler = shared\n")
    with pytest.raises(RuntimeError) as refused:
        imports.ensure_handlers(functions, package)
    assert str(refused.value) == f"{package}/shared.py:2: SyntaxError: invalid syntax"


def test_the_projects_own_handlers_and_routes_can_be_imported() -> None:
    imports.ensure_routes()
    imports.ensure_handlers()


def test_a_route_that_cannot_be_imported_is_named_with_file_and_line(tmp_path: Path) -> None:
    a_handler(tmp_path, "handler = print\n")
    (tmp_path / "one" / "route.py").write_text("\nspec = Route(\n")
    with pytest.raises(RuntimeError, match=r"one/route.py:2: SyntaxError: '\(' was never closed"):
        imports.ensure_routes(tmp_path)


def test_what_is_live_does_not_change_while_the_package_is_edited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that starts while the source is broken still gets the deployed package."""
    module = tmp_path / "layers" / "motorpool" / "python" / "module.py"
    module.parent.mkdir(parents=True)
    module.write_text("good = True\n")
    for name, value in {
        "LAYERS": tmp_path / "layers",
        "BUILD": tmp_path,
        "WHEEL_LAYERS": (),
    }.items():
        monkeypatch.setattr(build, name, value)
    live = linked(build.for_this_machine(tmp_path / "local"))
    module.write_text("good = \n")
    assert (live / "module.py").read_text() == "good = True\n"
    assert linked(build.for_this_machine(tmp_path / "local")) != live


def linked(built: Path) -> Path:
    """The folder that the package's layer puts on the path."""
    file = built / "layers" / "motorpool" / build.SITE_PACKAGES / "link.pth"
    return Path(file.read_text().split("'")[1])


def test_how_an_engine_ended_is_told_with_what_to_do(stack: Any) -> None:
    stack.engine.ended = "exit code 1"
    assert how_it_ended(stack.engine) == (
        "the local engine ended by itself (exit code 1). All that it had saved is kept in .local; "
        "`make run` continues with it. The engine's log is .local/engine.log."
    )

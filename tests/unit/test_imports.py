"""A handler's import loads what it needs, and what it uses first is used before the snapshot.

No module uses the private names of another room.
"""

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.paths import FUNCTIONS, LAYERS, ROOT
from infra.spec import Authorizer, Consumer, Dispatcher, Function, Route, discover
from motorpool.messages import rules

# Loaded before the snapshot or on first use (the VIN data), or never by a function.
HEAVY = {
    "aws_cdk",
    "aws_xray_sdk",
    "httpx",
    "infra",
    "jsonschema",
    "jwt",
    "openapi_pydantic",
    "ops",
    "rich",
    "typer",
    "ultravin",
    "webcolors",
}
# Pictures are read by one function only.
READS_PICTURES = {"PIL", "pillow_heif"}
DECODING = {"inspect_photo", "render_photo"}
# The authorizer is in every request's way and has no model to check.
HEAVY_FOR_THE_AUTHORIZER = HEAVY | {"pydantic", "pydantic_core"}
# 74 ms of import: for functions that read batches only.
BATCH = "aws_lambda_powertools.utilities.batch"

SCRIPT = """
import json, os, random, sys
import handler
loaded = list(sys.modules)
from motorpool import aws
made = [c.__name__ for c in (aws.dynamodb, aws.s3, aws.sqs, aws.secrets_manager)
        if c.cache_info().currsize]
import socket, time
def refuse(*_, **__): raise AssertionError("a socket was opened, or somebody waited")
socket.socket.connect = time.sleep = refuse
from snapshot_restore_py import get_after_restore, get_before_snapshot
for _ in range(2):
    for hook, args, kwargs in get_before_snapshot():
        hook(*args, **kwargs)
sockets = [fd for fd in os.listdir("/proc/self/fd")
           if "socket" in os.path.realpath(f"/proc/self/fd/{fd}")]
state = random.getstate()
for hook, args, kwargs in get_after_restore():
    hook(*args, **kwargs)
print(json.dumps({"loaded": loaded, "made": made, "then": list(sys.modules),
                  "sockets": sockets, "reseeded": random.getstate() != state}))
"""


def imported(function: Function) -> dict[str, Any]:
    """What an interpreter tells that imports the handler as Lambda does, and runs its hooks."""
    uses = function.spec.uses
    variables = {
        "AWS_LAMBDA_FUNCTION_NAME": f"motorpool-{function.name}",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        **({"TABLE_NAME": "t"} if uses.table or uses.index else {}),
        **({"PHOTO_BUCKET": "b"} if uses.photos or uses.renditions else {}),
        **{f"{secret.upper()}_SECRET_ARN": "s" for secret in uses.secrets},
        **{f"{queue.upper()}_QUEUE_URL": "https://q" for queue in uses.sends},
        **(
            {"DEAD_LETTER_QUEUE_URL": "https://d"}
            if isinstance(function.spec, Consumer | Dispatcher)
            else {}
        ),
        **(
            {rules.VARIABLE: rules.as_text(function.spec.rules)}
            if isinstance(function.spec, Dispatcher)
            else {}
        ),
        **({"API": function.spec.api} if isinstance(function.spec, Route) else {}),
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=FUNCTIONS / function.name,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.mark.parametrize("function", discover(), ids=lambda function: function.name)
def test_a_handler_loads_nothing_heavy_and_makes_its_clients_and_their_first_calls_without_a_socket(
    function: Function,
) -> None:
    told = imported(function)
    loaded = {module.partition(".")[0] for module in told["loaded"]}
    assert "motorpool" in loaded
    heavy = HEAVY_FOR_THE_AUTHORIZER if isinstance(function.spec, Authorizer) else HEAVY
    assert loaded & heavy == set()
    reads_pictures = READS_PICTURES if function.name in DECODING else set[str]()
    assert loaded & READS_PICTURES == reads_pictures
    assert ("photos" in function.spec.layers) == bool(reads_pictures)
    assert (BATCH in told["loaded"]) == isinstance(function.spec, Consumer)

    uses = function.spec.uses
    expected = {
        "dynamodb": uses.table or uses.index,
        "s3": uses.photos or uses.renditions,
        "sqs": uses.sends or isinstance(function.spec, Consumer | Dispatcher),
        "secrets_manager": uses.secrets,
    }
    assert set(told["made"]) == {service for service, used in expected.items() if used}
    assert told["sockets"] == []
    assert told["reseeded"]
    assert ("ultravin" in told["then"]) == ("vin" in function.spec.layers)


def test_without_the_runtimes_module_there_are_no_hooks_and_no_error() -> None:
    script = (
        "import sys; sys.modules['snapshot_restore_py'] = None\n"
        "from motorpool.snapshot import before_snapshot\n"
        "assert before_snapshot(print) is print"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


PACKAGE = LAYERS / "motorpool" / "python"


def sources() -> list[Path]:
    """The modules of the package, of the functions, of the infrastructure and of the operators."""
    roots = (PACKAGE, FUNCTIONS, ROOT / "infra", ROOT / "ops")
    return sorted(source for root in roots for source in root.rglob("*.py"))


def room_of(module: str) -> str:
    """The room that a module is in: `motorpool.photos`, `motorpool.aws`, `infra`, `ops`."""
    parts = module.split(".")
    return ".".join(parts[: 2 if parts[0] in {"motorpool", "functions"} else 1])


def private_imports(program: str, module: str) -> list[str]:
    """The private names, and the names of private modules, that a module imports from elsewhere.

    ruff sees what is read as an attribute (SLF001). Its rule for imports (PLC2701) allows those
    from any module with the same first name, so from all rooms.
    """
    imported: list[tuple[str, str]] = []
    for node in ast.walk(ast.parse(program)):
        if isinstance(node, ast.ImportFrom):
            imported += [(node.module or "", alias.name) for alias in node.names]
        elif isinstance(node, ast.Import):
            imported += [(alias.name, "") for alias in node.names]
    return [
        f"{source}.{name}".rstrip(".")
        for source, name in imported
        if room_of(f"{source}.{name}") != room_of(module)
        and any(
            part.startswith("_") and not part.startswith("__")
            for part in (*source.split(".")[1:], name)
        )
    ]


def module_of(source: Path) -> str:
    root = PACKAGE if source.is_relative_to(PACKAGE) else ROOT
    return ".".join(source.relative_to(root).with_suffix("").parts)


def test_no_module_imports_a_private_name_of_another_room() -> None:
    assert len(sources()) > 150
    found = {
        module_of(source): private
        for source in sources()
        if (private := private_imports(source.read_text(), module_of(source)))
    }
    assert found == {}


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (
            "from motorpool.dynamodb.table import _condition",
            ["motorpool.dynamodb.table._condition"],
        ),
        ("from motorpool.aws import may_pass, _patience", ["motorpool.aws._patience"]),
        ("if True:\n    from motorpool.api import _pages", ["motorpool.api._pages"]),
        ("import motorpool.api._pages", ["motorpool.api._pages"]),
        ("from infra.local.engine import _x as x", ["infra.local.engine._x"]),
        ("from botocore.client import _x", ["botocore.client._x"]),
        ("from motorpool.transfers.store import _item", []),
        ("from motorpool.transfers import _items", []),
        ("from motorpool.dynamodb.table import put", []),
        ("from _typeshed import DataclassInstance", []),
        ("from motorpool import __doc__", []),
    ],
)
def test_private_imports_are_found(line: str, found: list[str]) -> None:
    assert private_imports(line, "motorpool.transfers.planted") == found


@pytest.mark.parametrize(
    "place",
    [
        "layers/motorpool/python/motorpool/transfers/planted.py",
        "functions/apply_transfer/handler.py",
        "infra/planted.py",
        "ops/planted.py",
    ],
)
def test_the_linter_refuses_to_read_a_private_name_of_a_module(place: str) -> None:
    program = '"""Planted."""\n\nfrom motorpool.dynamodb import table\n\nprint(table._KEY)\n'
    ruff = [sys.executable, "-m", "ruff", "check", "--output-format=concise"]
    done = subprocess.run(
        [*ruff, "--stdin-filename", place],
        cwd=ROOT,
        input=program,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert [line.split()[1] for line in done.stdout.splitlines() if ":" in line] == ["SLF001"]

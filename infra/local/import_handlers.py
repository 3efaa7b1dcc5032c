"""Imports handlers as Lambda does, and prints those that fail: file, line and error as JSON lines.

Runs in the engine's Python, with the layers on its path and handler files as arguments. It imports
nothing of the project, because the engine's environment does not have it.
"""

import json
import os
import sys
import traceback
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path


def place_of(error: BaseException) -> tuple[str, int, str]:
    """The file and line that an exception was raised in outside of libraries, and its text."""
    text = f"{type(error).__name__}: {error}"
    if isinstance(error, SyntaxError) and error.filename:
        return error.filename, error.lineno or 0, f"{type(error).__name__}: {error.msg}"
    file, line = "", 0
    for frame in traceback.extract_tb(error.__traceback__):
        if not _of_a_library(frame.filename):
            file, line = frame.filename, frame.lineno or 0
    return file, line, text


def _of_a_library(file: str) -> bool:
    return (
        file.startswith(("<", str(Path(os.__file__).parent)))
        or file == __file__
        or "/site-packages/" in file
        or "/wheels/" in file
    )


def _import(file: str) -> None:
    folder = str(Path(file).parent)
    sys.path.insert(0, folder)
    before = set(sys.modules)
    try:
        spec = spec_from_file_location("handler", file)
        if spec is None or spec.loader is None:
            raise ImportError("it is no Python file")
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        if not hasattr(module, "handler"):
            raise ImportError("it defines no `handler`")
    finally:
        sys.path.remove(folder)
        for name in set(sys.modules) - before:
            # Two functions may each have a module of the same name beside their handler.
            if (getattr(sys.modules[name], "__file__", None) or "").startswith(folder):
                del sys.modules[name]


def main() -> None:
    """Import each file of the command line."""
    for file in sys.argv[1:]:
        try:
            _import(file)
        except BaseException as error:
            found, line, text = place_of(error)
            print(json.dumps([found or file, line, text]))


if __name__ == "__main__":
    main()

"""Folders are found by what is in them, and not guessed at."""

from pathlib import Path

import pytest

from infra.spec import Authorizer, discover


def folder(functions: Path, name: str, **files: str) -> None:
    (functions / name).mkdir(parents=True)
    for file, text in files.items():
        (functions / name / f"{file}.py").write_text(text)


def test_discover_takes_the_folders_name_for_the_functions(tmp_path: Path) -> None:
    spec = "from infra.spec import Authorizer\nspec = Authorizer(timeout=3)\n"
    folder(tmp_path, "who_is_it", route=spec, handler="")

    [found] = discover(tmp_path)

    assert (found.name, found.spec) == ("who_is_it", Authorizer(timeout=3))


def test_discover_refuses_a_folder_without_a_route(tmp_path: Path) -> None:
    folder(tmp_path, "half_made", handler="")

    with pytest.raises(ImportError, match=r"half_made has no route\.py"):
        discover(tmp_path)


def test_discover_refuses_a_folder_without_a_spec(tmp_path: Path) -> None:
    folder(tmp_path, "unspecified", route="api = 'partner'", handler="")

    with pytest.raises(ImportError, match="unspecified"):
        discover(tmp_path)


def test_discover_passes_over_what_python_left_behind(tmp_path: Path) -> None:
    (tmp_path / "deleted" / "__pycache__").mkdir(parents=True)

    assert discover(tmp_path) == ()

"""docs/data.md has every key that the code makes, as the code makes it."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from infra.paths import ROOT
from motorpool.dynamodb import keys
from motorpool.dynamodb.table import Key

PAGE = (ROOT / "docs" / "data.md").read_text()
MAKERS = [
    function
    for _, function in inspect.getmembers(keys, inspect.isfunction)
    if function.__module__ == keys.__name__
]


def made(maker: Callable[..., Any]) -> Any:
    """What it makes, with the names of its parameters in the place of values."""
    parameters = inspect.signature(maker).parameters.values()
    values = {
        parameter.name: 7 if parameter.annotation is int else f"<{parameter.name}>"
        for parameter in parameters
    }
    numbers = [name for name, value in values.items() if value == 7]

    def named(text: str) -> str:
        for name in numbers:
            text = text.replace("00000007", f"<{name}>").replace("#7", f"#<{name}>")
        return text

    result = maker(**values)
    return Key(*map(named, result)) if isinstance(result, Key) else named(result)


@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.__name__)
def test_each_key_has_its_row(maker: Callable[..., Any]) -> None:
    key = made(maker)
    wanted = f"| `{key.pk}` | `{key.sk}` |" if isinstance(key, Key) else f"| `{key}` |"
    assert wanted in PAGE


def test_no_row_has_a_key_that_is_not_made() -> None:
    known = {made(maker) for maker in MAKERS}
    partitions = {key.pk if isinstance(key, Key) else key for key in known} | {keys.ALL_PARTNERS}
    rows = [line.split("|") for line in PAGE.splitlines() if line.startswith("| ")]
    cells = [cell.strip() for row in rows for cell in row]
    named = {cell.strip("`") for cell in cells if cell.startswith("`") and "…" not in cell}
    sort_keys = {key.sk for key in known if isinstance(key, Key)}
    assert named <= partitions | sort_keys

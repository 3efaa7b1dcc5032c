"""docs/data.md has every key as the code makes it, and who reads which list."""

import ast
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.paths import FUNCTIONS, LAYERS, ROOT
from motorpool.dynamodb import keys
from motorpool.dynamodb.table import Key

PAGE = (ROOT / "docs" / "data.md").read_text()
ROOMS = LAYERS / "motorpool" / "python" / "motorpool"
STORES = sorted(ROOMS.glob("*/*store.py"))
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
            text = re.sub(r"\b0+7$", f"<{name}>", text).replace("#7", f"#<{name}>")
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
    sort_keys = {key.sk for key in known if isinstance(key, Key)}
    cells = [
        cell.strip("`")
        for row in rows()
        for column, cell in row.items()
        if column in {"pk", "sk", "partition"} and "…" not in cell
    ]
    assert len(cells) >= len(MAKERS)
    assert set(cells) <= partitions | sort_keys


def test_each_store_function_that_reads_several_items_has_its_row_with_those_who_call_it() -> None:
    documented = {
        row["store function"].strip("`"): set(re.findall(r"`([a-z_]+)`", row["read by"]))
        for row in rows()
        if "store function" in row
    }
    reading = {name for source in STORES for name in reading_several(source)}
    # Two reads of one item each: the table's function does not tell it.
    assert set(documented) == reading | {"tenants.user_store.get_by_phone"}
    assert len(reading) >= 13
    assert documented == {name: callers_of(name) for name in documented}


def rows() -> list[dict[str, str]]:
    """The rows of the page's tables, by the heads of their columns."""
    found, head = [], None
    for line in PAGE.splitlines():
        if not line.startswith("|"):
            head = None
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if head is None:
            head = cells
        elif set(cells[0]) != {"-"}:
            found.append(dict(zip(head, cells, strict=True)))
    return found


def reading_several(source: Path) -> list[str]:
    """The store's functions that query or read a batch: `vehicles.store.of_user`."""
    return [
        f"{source.parent.name}.{source.stem}.{function.name}"
        for function in ast.parse(source.read_text()).body
        if isinstance(function, ast.FunctionDef)
        and calls_in(function)
        & {
            ("table", name)
            for name in ("query", "page", "filtered_page", "chained_page", "get_many")
        }
    ]


def callers_of(name: str) -> set[str]:
    """The function folders that call it, in their handler or in a module of its room."""
    room, module, function = name.split(".")
    return {
        handler.parent.name
        for handler in FUNCTIONS.glob("*/handler.py")
        for source in (handler, *applied_by(handler))
        for alias in aliases(source, f"motorpool.{room}", module)
        if (alias, function) in calls_in(ast.parse(source.read_text()))
    }


HANDED_ON = {
    "answer_preflight": "api/browsers.py",
    "apply_transfer": "transfers/apply.py",
    "authorizer": "access/authorizer.py",
    "list_events": "events/feed.py",
    "list_supplier_events": "events/feed.py",
    "number_events": "events/numbering.py",
}


def applied_by(handler: Path) -> list[Path]:
    """The module that some handlers leave their work to."""
    return [ROOMS / HANDED_ON[name]] if (name := handler.parent.name) in HANDED_ON else []


def aliases(source: Path, package: str, module: str) -> set[str]:
    """The names under which a source imports that module."""
    return {
        alias.asname or alias.name
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module == package
        for alias in node.names
        if alias.name == module
    }


def calls_in(tree: ast.AST) -> set[tuple[str, str]]:
    """The calls of the form `module.function(…)`."""
    return {
        (node.func.value.id, node.func.attr)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
    }

"""The documents in docs/openapi are up to date, and what broke callers is in the changelog."""

import json
import subprocess
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from infra.openapi import as_json, described
from infra.openapi_breaks import Break, breaks
from infra.paths import OPENAPI, ROOT
from infra.spec import ApiName
from tests.infra.test_openapi import every_api

type Json = dict[str, Any]

CHANGELOG = ROOT / "CHANGELOG.md"
# The newest changes of a document that are compared.
CHANGES = 20


def git(*arguments: str) -> str | None:
    """What git prints; None when it cannot do that."""
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else None


def written_down(changelog: str) -> set[str]:
    """The entries below each heading "Breaking" of a changelog."""
    entries = set()
    for section in changelog.split("\n### ")[1:]:
        title, _, text = section.partition("\n")
        text = text.split("\n## ")[0]
        if title.strip() == "Breaking":
            entries |= {" ".join(entry.split()) for entry in f"\n{text}".split("\n- ")[1:]}
    return entries


def not_written_down(found: list[Break], entries: set[str]) -> list[str]:
    """The breaks whose operation no entry names."""
    return [str(each) for each in found if not any(f"`{each.operation}`" in e for e in entries)]


@every_api
def test_the_document_is_as_the_code_makes_it(api: ApiName) -> None:
    committed = (OPENAPI / f"{api}.json").read_text()
    if committed != as_json(described(api)):
        pytest.fail(f"docs/openapi/{api}.json is out of date: run `make openapi`")


@every_api
def test_each_change_that_broke_callers_is_written_down(api: ApiName) -> None:
    """Between two commits, and between the last one and what the code makes now.

    A change is written down when today's changelog has an entry for it that the changelog before
    the change had not. Only commits of the main line count: a merged branch is one change.
    """
    file = f"docs/openapi/{api}.json"
    logged = git("log", "--first-parent", f"-n{CHANGES}", "--format=%H", "--", file)
    if logged is None:
        pytest.skip("not a git checkout: there is nothing to compare with")
    commits = logged.split()
    changes = [("HEAD", None), *((f"{commit}^", commit) for commit in commits)]
    for before, after in changes:
        old = git("show", f"{before}:{file}")
        if old is None:
            continue
        new = git("show", f"{after}:{file}") if after else as_json(described(api))
        if new is None or new == old:
            continue
        known = written_down(git("show", f"{before}:CHANGELOG.md") or "")
        entries = written_down(CHANGELOG.read_text()) - known
        missing = not_written_down(breaks(json.loads(old), json.loads(new)), entries)
        if missing:
            places = "\n".join(missing)
            pytest.fail(
                f"write down in CHANGELOG.md, below ### Breaking (since {before}):\n{places}"
            )


# --- what counts as a break ----------------------------------------------------------------------

OPERATION = ("/things/{id}", "put")


def document() -> Json:
    """One operation that takes and answers a thing."""
    thing = {
        "type": "object",
        "properties": {
            "name": {"type": "string", "maxLength": 10, "description": "What it is called."},
            "color": {"type": "string", "enum": ["red", "blue"]},
            "size": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        },
        "required": ["name", "color"],
    }
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Taken"}}}
    answered = {"application/json": {"schema": {"$ref": "#/components/schemas/Answered"}}}
    path, method = OPERATION
    operation = {
        "security": [{"token": ["write"]}, {"clientId": []}],
        "parameters": [
            {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
            {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 100}},
        ],
        "requestBody": {"required": True, "content": content},
        "responses": {
            "200": {"headers": {"Location": {}}, "content": answered},
            "404": {"headers": {}},
        },
    }
    return {
        "paths": {path: {method: operation}},
        "components": {"schemas": {"Taken": thing, "Answered": deepcopy(thing)}},
    }


def broken_by(change: Callable[[Json, Json, Json], Any]) -> list[str]:
    """What a change of the operation, of what it takes or of what it answers breaks."""
    new = document()
    path, method = OPERATION
    schemas = new["components"]["schemas"]
    change(new["paths"][path][method], schemas["Taken"], schemas["Answered"])
    return [each.what for each in breaks(document(), new)]


BREAKS: dict[str, Callable[[Json, Json, Json], Any]] = {
    "an answer with another status": lambda o, t, a: o["responses"].update(
        {"202": o["responses"].pop("200")}
    ),
    "an answer that is gone": lambda o, t, a: o["responses"].pop("404"),
    "a second kind of success": lambda o, t, a: o["responses"].update({"204": {}}),
    "a header that is gone": lambda o, t, a: o["responses"]["200"]["headers"].clear(),
    "an answer of another type": lambda o, t, a: o["responses"]["200"].update(
        content={"text/plain": {"schema": a}}
    ),
    "an answered field that is gone": lambda o, t, a: a["properties"].pop("size"),
    "an answered field that may be absent": lambda o, t, a: a["required"].remove("color"),
    "an answered value that is new": lambda o, t, a: a["properties"]["color"]["enum"].append("x"),
    "an answered field that may be null": lambda o, t, a: a["properties"]["name"].update(
        type=["string", "null"]
    ),
    "an answered field of another type": lambda o, t, a: a["properties"].update(
        size={"type": "string"}
    ),
    "an answered field that may be longer": lambda o, t, a: a["properties"]["name"].update(
        maxLength=20
    ),
    "a taken field that is gone": lambda o, t, a: t["properties"].pop("size"),
    "a taken field that is required": lambda o, t, a: t["required"].append("size"),
    "a new taken field that is required": lambda o, t, a: (
        t["properties"].update(new={"type": "string"}),
        t["required"].append("new"),
    ),
    "a taken value that is gone": lambda o, t, a: t["properties"]["color"]["enum"].remove("red"),
    "a taken field that must be shorter": lambda o, t, a: t["properties"]["name"].update(
        maxLength=5
    ),
    "a taken field that must match": lambda o, t, a: t["properties"]["name"].update(pattern="^a"),
    "a taken field of another type": lambda o, t, a: t["properties"]["name"].update(type="integer"),
    "a taken field that may not be null": lambda o, t, a: t["properties"].update(
        size={"type": "integer"}
    ),
    "a request of another type": lambda o, t, a: o["requestBody"].update(
        content={"text/plain": {"schema": t}}
    ),
    "a request that is gone": lambda o, t, a: o.pop("requestBody"),
    "a parameter that is gone": lambda o, t, a: o["parameters"].pop(),
    "a parameter that is required": lambda o, t, a: o["parameters"][1].update(required=True),
    "a new parameter that is required": lambda o, t, a: o["parameters"].append(
        {"name": "new", "in": "query", "required": True, "schema": {"type": "string"}}
    ),
    "a parameter with a lower limit": lambda o, t, a: o["parameters"][1]["schema"].update(
        maximum=50
    ),
    "credentials that are gone": lambda o, t, a: o["security"].pop(),
    "another scope": lambda o, t, a: o["security"][0].update(token=["admin"]),
}

NO_BREAKS: dict[str, Callable[[Json, Json, Json], Any]] = {
    "nothing": lambda o, t, a: None,
    "another description": lambda o, t, a: a["properties"]["name"].update(description="Its name."),
    "another summary": lambda o, t, a: o.update(summary="Change a thing."),
    "a new answered field": lambda o, t, a: (
        a["properties"].update(new={"type": "string"}),
        a["required"].append("new"),
    ),
    "a new taken field": lambda o, t, a: t["properties"].update(new={"type": "string"}),
    "a taken value that is new": lambda o, t, a: t["properties"]["color"]["enum"].append("x"),
    "a taken field that may be longer": lambda o, t, a: t["properties"]["name"].update(
        maxLength=20
    ),
    "a taken field that may be absent": lambda o, t, a: t["required"].remove("color"),
    "an answered value that is gone": lambda o, t, a: a["properties"]["color"]["enum"].remove(
        "red"
    ),
    "an answered field that is always there": lambda o, t, a: a["required"].append("size"),
    "a new parameter": lambda o, t, a: o["parameters"].append(
        {"name": "new", "in": "query", "schema": {"type": "string"}}
    ),
    "a new refusal": lambda o, t, a: o["responses"].update({"409": {}}),
    "a new header": lambda o, t, a: o["responses"]["404"]["headers"].update({"Retry-After": {}}),
    "a request that is optional": lambda o, t, a: o["requestBody"].update(required=False),
    "other credentials": lambda o, t, a: o["security"].append({"key": []}),
}


@pytest.mark.parametrize("change", BREAKS.values(), ids=BREAKS)
def test_breaks_callers(change: Callable[[Json, Json, Json], Any]) -> None:
    assert broken_by(change) != []


@pytest.mark.parametrize("change", NO_BREAKS.values(), ids=NO_BREAKS)
def test_breaks_nobody(change: Callable[[Json, Json, Json], Any]) -> None:
    assert broken_by(change) == []


def test_an_operation_that_is_gone_breaks_callers() -> None:
    new = document() | {"paths": {}}
    assert breaks(document(), new) == [Break("PUT /things/{id}", "the operation is gone")]
    assert breaks(new, document()) == []


@pytest.mark.parametrize(
    "change", [lambda o: o.pop("requestBody"), lambda o: o["requestBody"].pop("required")]
)
def test_a_body_that_was_not_required_before_breaks_callers(change: Callable[[Json], Any]) -> None:
    old, new = document(), document()
    path, method = OPERATION
    change(old["paths"][path][method])
    assert [each.what for each in breaks(old, new)] == ["a request body is required"]


def test_a_break_is_written_down_by_an_entry_below_breaking_that_names_its_operation() -> None:
    changelog = """# Changelog

## [Unreleased]

### Breaking

- `PUT /things/{id}` refuses
  names of over 10 characters.

## [0.1.0]

### Added

- `GET /things/{id}`
"""
    entries = written_down(changelog)
    assert entries == {"`PUT /things/{id}` refuses names of over 10 characters."}
    put, get = Break("PUT /things/{id}", "longer"), Break("GET /things/{id}", "gone")
    assert not_written_down([put, get], entries) == ["`GET /things/{id}`: gone"]

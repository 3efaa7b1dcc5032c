"""What a newer OpenAPI document takes from those who call by an older one.

Schemas are compared by jsoncompat: a caller may send all that the older document allows, and gets
nothing that the older document does not. A request is compared by its documented fields alone; an
answer may have more fields than before. What cannot be proved to be compatible counts as a break.
Descriptions, titles, examples and defaults are not compared. Schemas must not contain themselves.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

import jsoncompat

type Json = Mapping[str, Any]

ANNOTATIONS = frozenset({"title", "description", "examples", "example", "default"})
PREFIX = "#/components/schemas/"


class Break(NamedTuple):
    """What breaks callers of an operation (`PUT /vehicles/{vehicleId}`), and how."""

    operation: str
    what: str

    def __str__(self) -> str:
        return f"`{self.operation}`: {self.what}"


def breaks(old: Json, new: Json) -> list[Break]:
    """All that breaks callers of the older of two documents of an API, in its order."""
    return [
        Break(f"{method.upper()} {path}", what)
        for path, item in old["paths"].items()
        for method, operation in item.items()
        for what in _of_operation(old, operation, new, new["paths"].get(path, {}).get(method))
    ]


def _of_operation(old: Json, was: Json, new: Json, now: Json | None) -> Iterator[str]:
    if now is None:
        yield "the operation is gone"
        return
    yield from _of_security(was["security"], now["security"])
    yield from _of_schema(
        "the parameters", _parameters(old, was), _parameters(new, now), "deserializer"
    )
    yield from _of_request(old, was.get("requestBody"), new, now.get("requestBody"))
    for status, answer in was["responses"].items():
        if status in now["responses"]:
            yield from _of_answer(status, old, answer, new, now["responses"][status])
        else:
            yield f"the answer {status} is gone"
    for status in now["responses"].keys() - was["responses"].keys():
        if status < "400":
            yield f"the answer {status} is new"


def _of_security(was: list[Json], now: list[Json]) -> Iterator[str]:
    """Who gave enough credentials must give enough still; an empty list asks for none."""
    for known in was or [{}]:
        enough = (
            all(name in known and set(scopes) <= set(known[name]) for name, scopes in each.items())
            for each in now or [{}]
        )
        if not any(enough):
            yield f"credentials are not enough any more: {', '.join(known) or 'none'}"


def _of_request(old: Json, was: Json | None, new: Json, now: Json | None) -> Iterator[str]:
    if now and now.get("required") and not (was and was.get("required")):
        yield "a request body is required"
    if was and now:
        yield from _of_content("the request", old, was, new, now, "deserializer")
    elif was:
        yield "the request body is gone"


def _of_answer(status: str, old: Json, was: Json, new: Json, now: Json) -> Iterator[str]:
    for header in was.get("headers", {}).keys() - now.get("headers", {}).keys():
        yield f"the header {header} of the answer {status} is gone"
    yield from _of_content(f"the answer {status}", old, was, new, now, "serializer")


def _of_content(
    place: str,
    old: Json,
    was: Json,
    new: Json,
    now: Json,
    role: Literal["serializer", "deserializer"],
) -> Iterator[str]:
    for media_type, content in was.get("content", {}).items():
        if media_type not in now.get("content", {}):
            yield f"{place} is no {media_type} any more"
            continue
        known = _resolved(content["schema"], old)
        yield from _of_schema(
            place, known, _resolved(now["content"][media_type]["schema"], new), role
        )


def _of_schema(
    place: str, was: Json, now: Json, role: Literal["serializer", "deserializer"]
) -> Iterator[str]:
    if was == now:
        return
    if role == "deserializer":
        was, now = _closed(was), _closed(now)
    result = jsoncompat.analyze_compat(json.dumps(was), json.dumps(now), role)
    if result["status"] == "incompatible":
        what = "takes no longer" if role == "deserializer" else "may now be"
        yield f"{place} {what} {result['counterexample_json']}"
    elif result["status"] == "unknown":
        yield f"{place} may not be compatible: {result['reason']}"


def _parameters(document: Json, operation: Json) -> Json:
    """The parameters as one object, so that a new one that is required is a missing field."""
    known = {f"{p['name']} ({p['in']})": p for p in operation.get("parameters", [])}
    return {
        "type": "object",
        "properties": {name: _resolved(p["schema"], document) for name, p in known.items()},
        "required": [name for name, p in known.items() if p.get("required")],
    }


def _resolved(schema: Any, document: Json) -> Any:
    """A schema with what it refers to in its place, and without what only people read."""
    if isinstance(schema, list):
        return [_resolved(each, document) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if reference := schema.get("$ref"):
        named = document["components"]["schemas"][reference.removeprefix(PREFIX)]
        return _resolved(named, document)
    plain = {
        name: _resolved(value, document)
        for name, value in schema.items()
        if name not in ANNOTATIONS and name not in ("properties", "enum", "const")
    }
    # The names in `properties` are fields, whatever they are.
    for fields in schema.keys() & {"properties"}:
        plain[fields] = {name: _resolved(each, document) for name, each in schema[fields].items()}
    return plain | {name: schema[name] for name in ("enum", "const") if name in schema}


def _closed(schema: Any) -> Any:
    """A schema whose objects have the fields that are documented, and no other."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(value) for name, value in schema.items()}
    if "properties" in schema:
        closed["properties"] = {name: _closed(each) for name, each in schema["properties"].items()}
        closed.setdefault("additionalProperties", False)
    return closed

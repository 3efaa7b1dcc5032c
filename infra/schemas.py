"""JSON schemas of an API's models, each with an example composed of its fields' examples.

A field without an example is an error: readers of the document copy the example and send it.
"""

from collections.abc import Iterable
from typing import Any, Literal, override

from openapi_pydantic import MediaType, Parameter, Reference
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

Model = type[BaseModel]
Way = Literal["validation", "serialization"]

REFERENCE = "#/components/schemas/{model}"


class Undocumentable(Exception):
    """An endpoint's models or errors cannot be described in its API's document."""


class _OverTheWire(GenerateJsonSchema):
    """Leaves out titles, which repeat the names, and requires all fields of an answer."""

    @override
    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    @override
    def field_is_required(self, field: Any, total: bool) -> bool:
        return self.mode == "serialization" or super().field_is_required(field, total)


class Schemas:
    """The schemas of all models of one API: `components` has them by name."""

    def __init__(self, *, taken: Iterable[Model], answered: Iterable[Model]) -> None:
        # Not built by openapi-pydantic, which describes answers as if they were requests.
        ways: list[tuple[Model, Way]] = [(model, "validation") for model in taken]
        ways += [(model, "serialization") for model in answered]
        self._references, schemas = models_json_schema(
            ways, ref_template=REFERENCE, schema_generator=_OverTheWire
        )
        self.components: dict[str, Any] = schemas.get("$defs", {})

    def taken(self, model: Model) -> dict[str, MediaType]:
        """The JSON content of a request with that body."""
        return self._json(model, "validation")

    def form(self, model: Model) -> dict[str, MediaType]:
        """The form content of a request with that body."""
        [media] = self._json(model, "validation").values()
        return {"application/x-www-form-urlencoded": media}

    def answered(self, model: Model) -> dict[str, MediaType]:
        """The JSON content of a response with that body."""
        return self._json(model, "serialization")

    def parameters(self, query: Model) -> list[Parameter]:
        """The parameters of the query string that the model describes."""
        schema = query.model_json_schema(ref_template=REFERENCE, schema_generator=_OverTheWire)
        self.components |= schema.get("$defs", {})
        return [
            Parameter.model_validate(
                {
                    "name": name,
                    "in": "query",
                    "required": name in schema.get("required", ()),
                    "description": field.pop("description", ""),
                    "schema": field,
                }
            )
            for name, field in schema["properties"].items()
        ]

    def _json(self, model: Model, way: Way) -> dict[str, MediaType]:
        reference = self._references[model, way]
        return {
            "application/json": MediaType(
                media_type_schema=Reference.model_validate(reference),
                example=self._example(reference, model.__name__),
            )
        }

    def _example(self, schema: dict[str, Any], where: str) -> Any:
        match schema:
            case {"examples": [example, *_]}:
                return example
            case {"$ref": str(reference)}:
                return self._example(self.components[reference.rpartition("/")[2]], where)
            case {"properties": dict(fields)}:
                return {
                    name: self._example(field, f"{where}.{name}") for name, field in fields.items()
                }
            case {"items": dict(item)}:
                return [self._example(item, where)]
            case {"anyOf": [kind, *_]}:
                return self._example(kind, where)
        raise Undocumentable(f"{where} has no example")

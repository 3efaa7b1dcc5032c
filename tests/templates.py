"""The synthesized templates of all stacks, as one."""

import json
from pathlib import Path
from typing import Any

from infra.synth import stacks_of


def template(assembly: Path, stack: str) -> dict[str, Any]:
    """The template of one stack."""
    read: dict[str, Any] = json.loads((assembly / f"{stack}.template.json").read_text())
    return read


def whole(assembly: Path) -> dict[str, Any]:
    """All resources and outputs, where another stack's export is named as in its own stack.

    Layer versions are in several stacks, with the same logical id and properties.
    """
    resources: dict[str, Any] = {}
    outputs: dict[str, Any] = {}
    exports: dict[str, Any] = {}
    for stack in stacks_of(assembly):
        read = _with_exports(template(assembly, stack), exports)
        for name, resource in read["Resources"].items():
            assert resources.setdefault(name, resource) == resource, name
        for name, output in read.get("Outputs", {}).items():
            if "Export" in output:
                exports[output["Export"]["Name"]] = output["Value"]
            else:
                outputs[name] = output
    return {"Resources": resources, "Outputs": outputs}


def _with_exports(value: Any, exports: dict[str, Any]) -> Any:
    match value:
        case {"Fn::ImportValue": str(name)}:
            return exports[name]
        case dict():
            return {key: _with_exports(each, exports) for key, each in value.items()}
        case list():
            return [_with_exports(each, exports) for each in value]
    return value

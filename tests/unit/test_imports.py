"""Importing a handler loads nothing that it may not need: a cold start pays for every module."""

import json
import subprocess
import sys

import pytest

from infra.paths import FUNCTIONS
from infra.spec import Authorizer, Function, discover

# Loaded on first use at the earliest (the VIN data), or never by a function.
HEAVY = {
    "aws_cdk",
    "aws_lambda_powertools",
    "aws_xray_sdk",
    "boto3",
    "botocore",
    "httpx",
    "infra",
    "jsonschema",
    "jwt",
    "openapi_pydantic",
    "ops",
    "rich",
    "s3transfer",
    "typer",
    "ultravin",
    "urllib3",
    "webcolors",
}
# Pictures are read by one function only.
READS_PICTURES = {"PIL", "pillow_heif"}
# The authorizer is in every request's way and has no model to check.
HEAVY_FOR_THE_AUTHORIZER = HEAVY | {"pydantic", "pydantic_core"}

SCRIPT = "import handler, json, sys; print(json.dumps(list(sys.modules)))"


@pytest.mark.parametrize("function", discover(), ids=lambda function: function.name)
def test_a_handlers_import_loads_no_heavy_module(function: Function) -> None:
    output = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=FUNCTIONS / function.name,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    loaded = {module.partition(".")[0] for module in json.loads(output)}
    assert "motorpool" in loaded
    heavy = HEAVY_FOR_THE_AUTHORIZER if isinstance(function.spec, Authorizer) else HEAVY
    assert loaded & heavy == set()
    reads_pictures = READS_PICTURES if function.name == "inspect_photo" else set[str]()
    assert loaded & READS_PICTURES == reads_pictures
    assert ("photos" in function.spec.layers) == bool(reads_pictures)

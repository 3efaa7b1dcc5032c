"""What Lambda gets, built for arm64 as `make package` does, is within its limits."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from infra import build
from infra.paths import BUILD
from infra.spec import Layer, discover


@pytest.fixture(scope="module")
def built() -> Iterator[Path]:
    """Layers and functions. The wheels are installed once for each lock and kept in .build."""
    BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        yield build.for_lambda(Path(folder) / "lambda")


def test_layers_and_functions_are_within_our_limits_and_lambdas(built: Path) -> None:
    weighed = list(build.weights(built))
    layers, functions = len(get_args(Layer)), len(discover())
    assert len(weighed) == layers + 2 * functions
    assert [weight for weight in weighed if not 0 < weight.size <= weight.limit] == []


def test_a_layer_counts_against_its_limit_and_for_each_function_that_has_it(built: Path) -> None:
    before = {(each.name, each.measured): each.size for each in build.weights(built)}
    with (built / "layers" / "vin" / "python" / "more").open("wb") as file:
        file.truncate(200_000_000)
    grown = [each for each in build.weights(built) if each.size > each.limit]
    assert [(each.name, each.measured) for each in grown] == [
        ("layer vin", "unpacked"),
        ("create_vehicle_by_vin", "unpacked, with its layers"),
    ]
    assert all(each.size == before[each[:2]] + 200_000_000 for each in grown)


def test_layers_hold_bytecode_for_the_package_and_for_wheels(built: Path) -> None:
    for layer in get_args(Layer):
        assert list((built / "layers" / layer).rglob("*.cpython-313.pyc")) != []

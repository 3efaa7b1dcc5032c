"""A hex code has the nearest name that CSS knows."""

import pytest

from motorpool.vehicles import colors


@pytest.mark.parametrize(
    ("hex_code", "name"),
    [
        ("FFFFFF", "white"), ("000000", "black"), ("FF0000", "red"), ("FEFEFE", "white"),
        ("010000", "black"), ("C0C0C0", "silver"), ("FFD601", "gold"), ("ffffff", "white"),
        ("4682B5", "steelblue"),
    ],
)  # fmt: skip
def test_the_nearest_name_is_the_colors(hex_code: str, name: str) -> None:
    assert colors.name_of(hex_code) == name

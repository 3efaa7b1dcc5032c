"""Values in DynamoDB's JSON are those that boto3 would make, and come back as they were."""

from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from motorpool.dynamodb.values import from_values, to_values

# The table cannot hold a lone surrogate, nor a number of more than 38 digits.
TEXT = st.text(st.characters(codec="utf-8"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**38) + 1, 10**38 - 1) | TEXT,
    lambda inner: st.lists(inner).map(tuple) | st.dictionaries(TEXT, inner),
    max_leaves=5,
)


def as_lists(value: Any) -> Any:
    match value:
        case tuple():
            return [as_lists(element) for element in value]
        case dict():
            return {name: as_lists(element) for name, element in value.items()}
    return value


@given(st.dictionaries(TEXT, VALUES, max_size=3))
def test_values_are_written_as_boto3_writes_them_and_come_back(values: dict[str, Any]) -> None:
    written = to_values(values)
    assert written == {name: TypeSerializer().serialize(as_lists(v)) for name, v in values.items()}
    assert from_values(written) == values


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_is_stored_as_the_decimal_that_it_is_written_as(number: float) -> None:
    [text] = to_values({"x": number})["x"].values()
    near_zero = abs(number) < 1e-130
    assert Decimal(text) == (0 if near_zero else Decimal(repr(number)))
    assert from_values({"x": {"N": text}})["x"] == (0 if near_zero else number)


@pytest.mark.parametrize(
    ("text", "number"),
    [("5", 5), ("-5", -5), ("5.5", 5.5), ("5.0", 5), ("1E+2", 100), ("-0.001", -0.001)],
)
def test_numbers_come_back_as_int_or_float_never_as_decimal(text: str, number: float) -> None:
    back = from_values({"x": {"N": text}})["x"]
    assert back == number == float(TypeDeserializer().deserialize({"N": text}))
    assert type(back) is type(number)


def test_what_dynamodb_has_no_type_for_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="complex"):
        to_values({"x": 1j})

"""VINs are decoded or refused with their reason; a claim must be true of the decoded car."""

import functools
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import ultravin
from hypothesis import given
from hypothesis import strategies as st

from motorpool.errors import InvalidParameters
from motorpool.vehicles import vin
from motorpool.vehicles.vin import DecodedVin

DATA = Path(__file__).parent.parent / "data"
REAL: list[dict[str, Any]] = json.loads((DATA / "vins_real.json").read_text())
BAD: list[dict[str, Any]] = json.loads((DATA / "vins_bad.json").read_text())

BRONCO = "1FMCU14T6JU400773"
UNKNOWN = "5UX63DP06R9U65632"  # a BMW X3 of 2024 whose model the vPIC data of 2026-10 lacks
KNOWN = [entry for entry in REAL if entry["market"] == "NA" and entry["vin"] != UNKNOWN]
OUTSIDE = [entry for entry in REAL if entry["market"] != "NA"]

REASONS = {
    "charset": "malformed: ",
    "illegal-char": "malformed: ",
    "length": "malformed: ",
    "check-digit": "wrong check digit: ",
    "substitution": "wrong check digit: ",
    "transposition": "wrong check digit: ",
    "alpha-serial": "no match: ",
    "unknown-vds": "no match: ",
    "unknown-wmi": "no match: ",
    "year-code": "no match: ",
    "year-impossible": "no match: ",
}


@pytest.fixture(scope="module", autouse=True)
def _in_november_2026() -> Iterator[None]:
    # Model-year codes repeat every 30 years: which one is meant depends on today.
    frozen = functools.partial(ultravin.decode, now=datetime(2026, 11, 1, tzinfo=UTC))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ultravin, "decode", frozen)
        yield


def car(make: str, model: str, series: str | None = None) -> DecodedVin:
    return DecodedVin("1" * 17, make, model, series, 2015)


def problems(decoded: DecodedVin, make: str, model: str, year: int = 2015) -> dict[str, str]:
    try:
        decoded.ensure_matches(make=make, model=model, year=year)
    except InvalidParameters as refusal:
        return dict(refusal.problems)
    return {}


def refusal_of(text: str) -> str:
    with pytest.raises(InvalidParameters) as refused:
        vin.decode(text)
    ((field, problem),) = refused.value.problems
    assert field == "vin"
    return problem


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: ascii(bad["vin"]))
def test_every_bad_vin_is_refused_with_its_reason(bad: dict[str, Any]) -> None:
    assert refusal_of(bad["vin"]).startswith(REASONS[bad["cls"]])


@pytest.mark.parametrize("real", KNOWN, ids=lambda real: real["vin"])
def test_every_north_american_vin_is_accepted_with_its_true_claim(real: dict[str, Any]) -> None:
    decoded = vin.decode(real["vin"])
    assert problems(decoded, real["make"], real["model"], real["year"]) == {}


def test_a_vin_whose_model_is_unknown_is_no_match() -> None:
    assert refusal_of(UNKNOWN).startswith("no match: ")


@pytest.mark.parametrize("real", OUTSIDE, ids=lambda real: real["vin"])
def test_cars_filed_outside_north_america_are_refused(real: dict[str, Any]) -> None:
    assert refusal_of(real["vin"]).startswith(("no match: ", "wrong check digit: "))


def test_hardly_any_car_passes_for_another_model_of_its_make() -> None:
    passes = [
        not problems(vin.decode(real["vin"]), real["make"], other["model"], real["year"])
        for real in KNOWN
        for other in KNOWN
        if other["make"].lower() == real["make"].lower()
        and other["model"].split()[0] != real["model"].split()[0]
    ]
    assert len(passes) > 400
    assert sum(passes) <= len(passes) / 100


def test_a_vin_is_normalized() -> None:
    assert vin.decode(f"  {BRONCO.lower()}\n") == DecodedVin(
        BRONCO, make="FORD", model="Bronco II", series=None, year=1988
    )


def test_the_claim_of_the_sample_vin_is_accepted() -> None:
    vin.decode(BRONCO).ensure_matches(make="Ford", model="Bronco II", year=1988)


def test_a_false_claim_is_refused_naming_the_decoded_car() -> None:
    with pytest.raises(InvalidParameters) as refused:
        vin.decode(BRONCO).ensure_matches(make="Honda", model="Civic", year=2020)
    assert refused.value.problems == (
        ("make", "says Honda, but the VIN decodes to FORD Bronco II 1988"),
        ("model", "says Civic, but the VIN decodes to FORD Bronco II 1988"),
        ("year", "says 2020, but the VIN decodes to FORD Bronco II 1988"),
    )


def test_only_what_differs_is_named() -> None:
    assert set(problems(vin.decode(BRONCO), "Ford", "Bronco II", 1989)) == {"year"}


def test_the_right_check_digit_is_told() -> None:
    assert refusal_of("1FMCU14T7JU400773") == "wrong check digit: position 9 is 7, should be 6"


@pytest.mark.parametrize(
    "text", ["1FMCU14T6JU40077\u0663", "\u00df" * 8 + "1", "\ud800", "\0" * 17]
)
def test_characters_outside_a_vin_are_malformed(text: str) -> None:
    assert refusal_of(text).startswith("malformed: ")


@given(st.text() | st.text("ABCDEFGHJKLMNPRSTUVWXYZ0123456789", min_size=17, max_size=17))
def test_any_text_is_decoded_or_refused_shortly(text: str) -> None:
    try:
        outcome = str(vin.decode(text))
    except InvalidParameters as refusal:
        outcome = refusal.shown
    assert outcome.isascii()
    assert len(outcome) < 300


@given(make=st.text(), model=st.text(), year=st.integers())
def test_any_claim_agrees_or_is_refused_shortly(make: str, model: str, year: int) -> None:
    refused = problems(vin.decode(BRONCO), make, model, year)
    assert all(said.isascii() and said.isprintable() for said in refused.values())
    assert all(len(said) < 100 for said in refused.values())


@pytest.mark.parametrize(
    ("decoded", "make", "model"),
    [
        (car("CHEVROLET", "Silverado", "2500 (3/4 ton)"), "Chevy", "Silverado 2500HD LTZ"),
        (car("CHEVROLET", "Silverado", "1500 (1/2 Ton)"), "chevrolet", "1500"),
        (car("CHEVROLET", "Silverado", "1500 (1/2 Ton)"), "Chevrolet", "Silverado Z71"),
        (car("GMC", "Sierra HD", "2500"), "GMC", "Sierra 2500HD"),
        (car("RAM", "1500"), "Dodge", "Ram 1500"),
        (car("DODGE", "Ram", "DR (1500)"), "Ram", "1500"),
        (car("DODGE", "Caravan/Grand Caravan"), "Dodge", "Grand Caravan SE"),
        (car("CHRYSLER", "Town and Country"), "Chrysler", "Town & Country"),
        (car("FORD", "F-150", "F-Series"), "Ford", "F150 XLT"),
        (car("FORD", "E-350"), "Ford", "E-Series Wagon"),
        (car("HONDA", "CR-V"), "honda", "CRV"),
        (car("HONDA", "Civic"), "Honda", "Civic Si"),
        (car("HONDA", "CIVIC SI"), "Honda", "Civic"),
        (car("TOYOTA", "Camry", "AXVA70L"), "Toyota", "Camry Hybrid"),
        (car("TOYOTA", "SCION tC", "AGT20L"), "Scion", "tC"),
        (car("LEXUS", "RX"), "Lexus", "RX350"),
        (car("MAZDA", "Mazda3"), "Mazda", "3"),
        (car("MAZDA", "MX-5"), "Mazda", "Miata"),
        (car("MERCEDES-BENZ", "E-Class"), "Mercedes", "E350 4MATIC"),
        (car("MERCEDES-BENZ", "E-Class"), "Benz", "AMG E 63 S"),
        (car("MERCEDES-BENZ", "M-Class"), "Mercedes-Benz", "ML350"),
        (car("BMW", "328i"), "BMW", "3 Series"),
        (car("BMW", "750Li, Alpina B7", "7-series"), "bmw", "750li"),
        (car("INFINITI", "G37"), "Infiniti", "G Sedan"),
        (car("MINI", "Countryman", "Cooper S"), "BMW", "Mini Cooper S Countryman"),
        (car("GENESIS", "G80"), "Hyundai", "Genesis G80"),
        (car("LAND ROVER", "Range Rover Sport"), "Range Rover", "Sport"),
        (car("VOLKSWAGEN", "Beetle"), "VW", "New Beetle"),
        (car("VOLVO", "240 Series"), "Volvo", "240 DL"),
        (car("HARLEY-DAVIDSON", "Road King", "FLHR"), "Harley", "FLHR Road King"),
        (car("TESLA", "Model 3"), "Tesla Motors", "Model 3 Long Range"),
        (car("CITROEN", "C3"), "Citroën", "C3"),
    ],
    ids=str,
)
def test_a_true_claim_may_be_worded_as_people_do(
    decoded: DecodedVin, make: str, model: str
) -> None:
    assert problems(decoded, make, model) == {}


@pytest.mark.parametrize(
    ("decoded", "model"),
    [
        (car("FORD", "F-150", "F-Series"), "F-350"),
        (car("FORD", "F-150"), "F"),
        (car("FORD", "F-150"), "Ford"),
        (car("CHEVROLET", "Silverado", "2500 (3/4 ton)"), "Silverado 1500"),
        (car("RAM", "1500"), "Ram 2500"),
        (car("JEEP", "Grand Cherokee"), "Cherokee"),
        (car("JEEP", "Grand Cherokee"), "Grand"),
        (car("TOYOTA", "LAND CRUISER"), "Land"),
        (car("HYUNDAI", "Santa Fe"), "Santa"),
        (car("TESLA", "Model S"), "Model"),
        (car("TESLA", "Model S"), "Model X"),
        (car("HONDA", "CR-V"), "CR"),
        (car("MAZDA", "Mazda3"), "Mazda"),
        (car("MAZDA", "CX-5"), "CX-50"),
        (car("BMW", "328i", "3-Series"), "335i"),
        (car("BMW", "328i", "3-Series"), "3 Series 335i"),
        (car("BMW", "328i", "3-Series"), "5 Series"),
        (car("INFINITI", "G37"), "G35"),
        (car("MERCEDES-BENZ", "E-Class"), "C300"),
        (car("MERCEDES-BENZ", "CL-Class"), "C-Class"),
        (car("AUDI", "Q5", "SUV"), "SUV"),
    ],
    ids=str,
)
def test_another_model_or_too_vague_a_word_is_refused(decoded: DecodedVin, model: str) -> None:
    assert set(problems(decoded, decoded.make, model)) == {"model"}


@pytest.mark.parametrize("nothing", ["", "   ", "---", "\0", "\ud800", "\u4eac", "Ford" * 30])
def test_a_claim_without_a_name_in_it_never_agrees(nothing: str) -> None:
    assert set(problems(car("FORD", "Focus"), nothing, nothing)) == {"make", "model"}


def test_a_megabyte_of_claim_costs_nothing() -> None:
    started = time.perf_counter()
    refused = problems(car("FORD", "Focus"), "Ford " * 200_000, "Focus " * 200_000, 10**5000)
    assert time.perf_counter() - started < 0.1
    assert all(len(said) < 100 for said in refused.values())


def test_the_decoder_is_loaded_by_the_first_decode_only() -> None:
    heavy = {"ultravin", "pydantic", "boto3", "typer", "rich"}
    script = (
        "import sys; from motorpool.vehicles import vin; print(*sys.modules);"
        f"vin.decode('{BRONCO}'); print(*sys.modules)"
    )
    output = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout
    imported, decoded = (set(line.split()) & heavy for line in output.splitlines())
    assert imported == set()
    assert decoded == {"ultravin"}

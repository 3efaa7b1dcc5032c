"""What a vehicle's request must say, and what its answer always has."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from motorpool.errors import InvalidParameters
from motorpool.tenants.organizations import Organization
from motorpool.tenants.users import User
from motorpool.vehicles.model import Vehicle
from motorpool.vehicles.partner_api import CreateVehicleByVin, UpdateVehicle, VehicleAnswer
from motorpool.vehicles.vin import DecodedVin
from tests.unit.conftest import WORLD

REQUEST = {
    "userId": "usr_1",
    "vin": "1FMCU14T6JU400773",
    "make": "Ford",
    "model": "Bronco II",
    "year": 1988,
}
BRONCO = DecodedVin("1FMCU14T6JU400773", "FORD", "Bronco II", None, 1988)


def request(**changes: Any) -> CreateVehicleByVin:
    return CreateVehicleByVin.model_validate(REQUEST | changes)


def refused(**changes: Any) -> str:
    with pytest.raises(ValidationError) as raised:
        request(**changes)
    [error] = raised.value.errors()
    return ".".join(map(str, error["loc"])) or error["msg"]


@pytest.fixture
def owner(fleet: Organization) -> User:
    return WORLD.driver(at=fleet, phone="+14155550123")


def registered(owner: User, **claims: Any) -> Vehicle:
    """A Bronco of that user as a request registers it."""
    asked = request(**claims)
    return Vehicle.create(
        BRONCO,
        owner,
        make=asked.make,
        model=asked.model,
        plate=asked.license_plate,
        state=asked.state,
    )


def test_an_answer_has_every_documented_field_and_null_for_what_is_absent(owner: User) -> None:
    vehicle = registered(owner)
    answer = VehicleAnswer.of(vehicle).model_dump(mode="json")
    assert answer == {
        "id": vehicle.id,
        "license": None,
        "photoUrl": None,
        "make": "Ford",
        "model": "Bronco II",
        "vin": "1FMCU14T6JU400773",
        "state": None,
        "year": "1988",
        "dateAdded": answer["dateAdded"],
        "updated": answer["dateAdded"],
        "userId": owner.id,
        "customerPhoneNumber": "+14155550123",
        "active": True,
        "organizationId": owner.org_id,
        "externalId": None,
        "metadata": None,
    }


def test_the_claim_is_kept_beside_what_the_vin_says(owner: User) -> None:
    vehicle = registered(owner, make="ford", model="BRONCO-II")
    assert (vehicle.make, vehicle.model) == ("ford", "BRONCO-II")
    assert (vehicle.decoded_make, vehicle.decoded_model) == ("FORD", "Bronco II")


def test_a_vehicle_belongs_to_its_users_organization(owner: User, fleet: Organization) -> None:
    vehicle = registered(owner)
    assert (vehicle.owner_id, vehicle.owner_path) == (fleet.id, fleet.path)


@pytest.mark.parametrize("year", [1979, 0, -1, "1988", 1988.0, True, None, [1988]])
def test_a_year_is_an_integer_from_1980_on(year: Any) -> None:
    assert refused(year=year) == "year"


@pytest.mark.parametrize("field", ["userId", "make", "model"])
@pytest.mark.parametrize("value", ["", "x" * 65, None, 5, ["x"]])
def test_required_text_is_text_of_1_to_64_characters(field: str, value: Any) -> None:
    assert refused(**{field: value}) == field


def test_a_plate_needs_no_state_and_a_state_no_plate() -> None:
    assert request(licensePlate="TEST-123").state is None
    assert request(state="CA").state == "CA"
    assert request(licensePlate="TEST-123", state="ca").state == "CA"


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_an_empty_plate_is_no_plate(nothing: Any) -> None:
    assert request(licensePlate=nothing).license_plate is None


@pytest.mark.parametrize(("field", "value"), [("licensePlate", "#1"), ("state", "XX")])
def test_a_wrong_plate_or_state_is_named(field: str, value: str) -> None:
    assert refused(**{"state": "CA", "licensePlate": "A1"} | {field: value}).startswith(field)


# --- changes -------------------------------------------------------------------------------------


@pytest.fixture
def vehicle(owner: User) -> Vehicle:
    bronco = registered(owner, licensePlate="TEST-123", state="CA")
    return replace(bronco, photo_url="https://a.example/1", color_hex_code="FFFFFF")


def updated(vehicle: Vehicle, user: User | None = None, **named: Any) -> Vehicle:
    """The vehicle after a request with these fields, `updated` aside."""
    asked = UpdateVehicle.model_validate(named)
    after = vehicle.updated_with(asked.changes())
    if asked.names_user:
        after = after.owned_by(user)
    return replace(after, updated=vehicle.updated)


def test_what_is_not_named_stays(vehicle: Vehicle) -> None:
    assert updated(vehicle) == vehicle


@pytest.mark.parametrize("nothing", [None, "", "  "], ids=repr)
@pytest.mark.parametrize(
    ("name", "field"),
    [("licensePlate", "plate"), ("photoUrl", "photo_url"), ("colorHexCode", "color_hex_code")],
)
def test_null_and_empty_clear_a_field_and_no_other(
    vehicle: Vehicle, name: str, field: str, nothing: Any
) -> None:
    cleared: dict[str, Any] = {field: None}
    assert updated(vehicle, **{name: nothing}) == replace(vehicle, **cleared)


@pytest.mark.parametrize("nothing", [None, "", "  "], ids=repr)
def test_null_and_empty_take_the_user_and_the_phone_away(vehicle: Vehicle, nothing: Any) -> None:
    assert updated(vehicle, userId=nothing) == replace(vehicle, user_id=None, customer_phone=None)


@pytest.mark.parametrize(
    ("named", "field", "value"),
    [
        ({"licensePlate": " new 1 "}, "plate", "new 1"),
        ({"state": "nv"}, "state", "NV"),
        ({"photoUrl": "http://a.example"}, "photo_url", "http://a.example"),
        ({"colorHexCode": " a1b2c3 "}, "color_hex_code", "A1B2C3"),
    ],
)
def test_a_named_field_changes_and_no_other(
    vehicle: Vehicle, named: dict[str, Any], field: str, value: str
) -> None:
    changed: dict[str, Any] = {field: value}
    assert updated(vehicle, **named) == replace(vehicle, **changed)


def test_a_color_is_written_in_ascii_even_where_unicode_has_the_same_upper_case() -> None:
    ligature = "\ufb00" + "0000"
    assert ligature.upper() == "FF0000"
    with pytest.raises(ValidationError, match="colorHexCode"):
        UpdateVehicle.model_validate({"colorHexCode": ligature})


@pytest.mark.parametrize(
    "named", [{"state": None}, {"licensePlate": "NEW-1", "state": ""}], ids=str
)
def test_a_plate_is_never_without_a_state(vehicle: Vehicle, named: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameters, match=r"^state: required"):
        updated(vehicle, **named)
    with pytest.raises(InvalidParameters, match=r"^state: required"):
        updated(replace(vehicle, plate=None, state=None), licensePlate="NEW-1")
    assert updated(vehicle, licensePlate="", state="").state is None


def test_another_user_must_be_of_the_same_organization(
    vehicle: Vehicle, owner: User, fleet: Organization
) -> None:
    other = replace(owner, id="usr_2", phone="+14155550199")
    after = updated(vehicle, other, userId="usr_2")
    assert (after.user_id, after.customer_phone) == ("usr_2", "+14155550199")
    with pytest.raises(InvalidParameters, match=r"^userId: belongs to another organization"):
        updated(vehicle, replace(other, org_id="org_2"), userId="usr_2")


def test_what_is_active_already_is_the_same_object(vehicle: Vehicle) -> None:
    assert vehicle.made_active(True) is vehicle
    off = vehicle.made_active(False)
    assert not off.active
    assert off.made_active(False) is off

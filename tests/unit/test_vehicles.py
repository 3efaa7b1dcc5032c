"""What a vehicle's request must say, and what its answer always has."""

from typing import Any

import pytest
from pydantic import ValidationError

from motorpool.organizations import Organization
from motorpool.users import CreateUser, User
from motorpool.vehicles import CreateVehicleByVin, Vehicle, VehicleAnswer
from motorpool.vin import DecodedVin

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
    return User.enrolled(
        CreateUser.model_validate(
            {
                "firstName": "Dana",
                "lastName": "Reyes",
                "phone": "+14155550123",
                "address": {"state": "CA"},
            }
        ),
        fleet,
    )


def test_an_answer_has_every_documented_field_and_null_for_what_is_absent(owner: User) -> None:
    vehicle = Vehicle.registered(request(), BRONCO, owner)
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
    }


def test_the_claim_is_kept_beside_what_the_vin_says(owner: User) -> None:
    vehicle = Vehicle.registered(request(make="ford", model="BRONCO-II"), BRONCO, owner)
    assert (vehicle.make, vehicle.model) == ("ford", "BRONCO-II")
    assert (vehicle.decoded_make, vehicle.decoded_model) == ("FORD", "Bronco II")


def test_a_vehicle_belongs_to_its_users_organization(owner: User, fleet: Organization) -> None:
    vehicle = Vehicle.registered(request(), BRONCO, owner)
    assert (vehicle.owner_id, vehicle.owner_path) == (fleet.id, fleet.path)


@pytest.mark.parametrize("year", [1979, 0, -1, "1988", 1988.0, True, None, [1988]])
def test_a_year_is_an_integer_from_1980_on(year: Any) -> None:
    assert refused(year=year) == "year"


@pytest.mark.parametrize("field", ["userId", "make", "model"])
@pytest.mark.parametrize("value", ["", "x" * 65, None, 5, ["x"]])
def test_required_text_is_text_of_1_to_64_characters(field: str, value: Any) -> None:
    assert refused(**{field: value}) == field


def test_a_plate_needs_a_state_but_a_state_no_plate() -> None:
    assert "state: required when licensePlate is given" in refused(licensePlate="TEST-123")
    assert request(state="CA").state == "CA"
    assert request(licensePlate="TEST-123", state="ca").state == "CA"


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_an_empty_plate_is_no_plate(nothing: Any) -> None:
    assert request(licensePlate=nothing).license_plate is None


@pytest.mark.parametrize(("field", "value"), [("licensePlate", "#1"), ("state", "XX")])
def test_a_wrong_plate_or_state_is_named(field: str, value: str) -> None:
    assert refused(**{"state": "CA", "licensePlate": "A1"} | {field: value}).startswith(field)

"""The world that the recorded events speak of, put into the table piece by piece.

Every helper writes one entity, with the id that the events have unless told otherwise, and
returns it.
"""

from dataclasses import replace

from motorpool.clients import Client
from motorpool.organizations import Organization, SupplierType
from motorpool.partners import Partner
from motorpool.pepper import pepper
from motorpool.scopes import ALL_SCOPES
from motorpool.store import clients, organizations, partners, table, users, vehicles
from motorpool.users import Address, CreateUser, User
from motorpool.vehicles import CreateVehicleByVin, Vehicle
from motorpool.vin import DecodedVin

PARTNER = "ptr_019aa8f1000000000000000000000001"
CLIENT = "cli_019aa8f1000000000000000000000002"
ORGANIZATION = "org_019aa8f1000000000000000000000003"
USER = "usr_019aa8f1000000000000000000000004"
VEHICLE = "veh_019aa8f1000000000000000000000005"
SECRET = "motorpool_secret_recorded-event-this-is-not-a-secret-0000000"

OTHER_PARTNER = "ptr_" + "f" * 32

BRONCO = DecodedVin("1FMCU14T6JU400773", "FORD", "Bronco II", None, 1988)


def partner(id: str = PARTNER) -> Partner:
    """A partner."""
    made = replace(Partner.signed("Recorded Motors"), id=id)
    table.transact(partners.add(made))
    return made


def organization(
    id: str = ORGANIZATION,
    *,
    of: str = PARTNER,
    parent: Organization | None = None,
    supplier_type: SupplierType = "Fleet",
) -> Organization:
    """An organization, at the root or below a parent."""
    path = f"{parent.path}/{id}" if parent else id
    founded = Organization.founded(of, "A fleet", supplier_type, parent)
    made = replace(founded, id=id, path=path)
    table.transact(organizations.add(made))
    return made


def client(
    id: str = CLIENT, *, secret: str = SECRET, of: str = PARTNER, **links: Organization
) -> Client:
    """A client with every scope. `links` are `linked_to` and `home`."""
    admitted = Client.admitted(of, "A client", ALL_SCOPES, secret=secret, pepper=pepper(), **links)
    made = replace(admitted, id=id)
    table.transact(clients.add(made))
    return made


def driver(id: str = USER, *, at: Organization, phone: str = "+14155550100") -> User:
    """A user of an organization."""
    request = CreateUser(
        first_name="Kim", last_name="Okafor", phone=phone, address=Address(state="CA")
    )
    made = replace(User.enrolled(request, at), id=id)
    table.transact(*users.add(made))
    return made


def vehicle(
    id: str = VEHICLE,
    *,
    of: User,
    car: DecodedVin = BRONCO,
    plate: str | None = "TEST-123",
    state: str | None = "CA",
) -> Vehicle:
    """An active vehicle of a user."""
    request = CreateVehicleByVin.model_validate(
        {
            "userId": of.id,
            "vin": car.vin,
            "make": "Ford",
            "model": car.model,
            "year": car.year,
            "licensePlate": plate,
            "state": state,
        }
    )
    made = replace(Vehicle.registered(request, car, of), id=id)
    table.transact(*vehicles.add(made))
    return made

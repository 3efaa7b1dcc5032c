"""The errors that callers get, each with its status and code on each API.

Rules raise them; `endpoint` turns them into answers. A handler lists the errors it can raise in
`@endpoint(raises=…)`; writing the OpenAPI document fails when one of those has no answer on the
handler's API. The first paragraph of an error's docstring is published in that document.
"""

from collections.abc import Mapping
from typing import ClassVar, Literal, NamedTuple, override

Api = Literal["partner", "supplier"]

# The names of the code and the message in each API's error body.
ENVELOPES: dict[Api, tuple[str, str]] = {
    "partner": ("error_code", "error_message"),
    "supplier": ("code", "message"),
}

NO_HEADERS: Mapping[str, str] = {}


class Refusal(NamedTuple):
    """How one API answers an error: status, code, and a message if it differs from the error's."""

    status: int
    code: str
    message: str | None = None


class MotorpoolError(Exception):
    """An error whose message may be shown to the caller."""

    partner: ClassVar[Refusal | None] = None
    supplier: ClassVar[Refusal | None] = None
    message: ClassVar[str]
    # True: a business outcome, whatever its status. False: a failure, which alarms count.
    expected: ClassVar[bool] = True
    headers: Mapping[str, str] = NO_HEADERS

    def __init__(self, message: str | None = None) -> None:
        self.shown = message or self.message
        super().__init__(self.shown)

    @classmethod
    def is_answered_on(cls, api: Api) -> bool:
        """Whether the error has a status and code on that API."""
        return (cls.partner if api == "partner" else cls.supplier) is not None

    @classmethod
    def on(cls, api: Api) -> Refusal:
        """The error's status and code on that API. Raises TypeError when it has none."""
        refusal = cls.partner if api == "partner" else cls.supplier
        if refusal is None:
            raise TypeError(f"{cls.__name__} has no answer on the {api} API")
        return refusal

    @classmethod
    def envelope(cls, api: Api) -> tuple[str, str]:
        """The names of the code and the message in that API's error body."""
        return ENVELOPES[api]

    def body(self, api: Api) -> dict[str, str]:
        """The error body on that API."""
        refusal = self.on(api)
        values = (refusal.code, refusal.message or self.shown)
        return dict(zip(self.envelope(api), values, strict=True))


class InvalidParameters(MotorpoolError):
    """The request is malformed, or contradicts stored or decoded data (see the message).

    Takes (field, problem) pairs, with the fields named as the caller wrote them.
    """

    partner = Refusal(400, "ERROR_INVALID_PARAMETERS")
    supplier = Refusal(400, "bad_request")
    message = "The request parameters are invalid"

    def __init__(self, *problems: tuple[str, str]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{field}: {problem}" for field, problem in problems))

    @override
    def body(self, api: Api) -> dict[str, str]:
        """The error body; on the supplier API the documented message comes before the fields."""
        if api == "partner":
            return super().body(api)
        return super().body(api) | {"message": f"{self.message}: {self.shown}"}


class MissingScope(MotorpoolError):
    """The client does not have a scope that this operation needs."""

    partner = Refusal(403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")
    supplier = Refusal(401, "unauthorized", "Invalid OAuth 2.0 credentials provided")
    message = "The client does not have the scope that this operation needs"
    headers: Mapping[str, str] = {
        "WWW-Authenticate": 'Bearer realm="motorpool", error="insufficient_scope"'
    }


class NotForDevices(MotorpoolError):
    """The operation is not for devices."""

    partner = Refusal(403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")
    message = "This operation is not for devices"


class DeviceNotFound(MotorpoolError):
    """There is no such device, it is another partner's, or its time is over."""

    partner = Refusal(404, "ERROR_DEVICE_NOT_FOUND")
    message = "There is no such device"


class NoPermission(MotorpoolError):
    """The resource belongs to the partner, but is outside the client's organizations, or is not
    the device's user's.
    """

    partner = Refusal(403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")
    message = "The client's organizations do not include the one that this resource belongs to"


class EventsExpired(MotorpoolError):
    """Events that came after `after` are no longer kept: start without `after`."""

    partner = Refusal(410, "ERROR_EVENTS_EXPIRED")
    supplier = Refusal(410, "events_expired")
    message = "Events after that one are no longer kept; start again without `after`"


class OrganizationNotFound(MotorpoolError):
    """There is no such organization, it is another partner's or, on the supplier API, outside the
    client's organizations.
    """

    partner = Refusal(404, "ERROR_ORGANIZATION_NOT_FOUND")
    supplier = Refusal(
        404, "organization_not_found", "Supplier organization was not found or not authorized"
    )
    message = "There is no such organization"


class UserNotFound(MotorpoolError):
    """There is no such user, it is another partner's, or the operation does not accept it."""

    partner = Refusal(404, "ERROR_USER_NOT_FOUND")
    supplier = Refusal(404, "user_not_found")
    message = "There is no such user"


class UserAlreadyExists(MotorpoolError):
    """Another user of the partner has the phone number."""

    partner = Refusal(409, "ERROR_USER_ALREADY_EXISTS")
    message = "A user with this phone number exists"


class VehicleNotFound(MotorpoolError):
    """There is no such vehicle, it is another partner's or, on the supplier API, outside the
    client's organizations.
    """

    partner = Refusal(404, "ERROR_VEHICLE_NOT_FOUND")
    supplier = Refusal(404, "vehicle_not_found")
    message = "Vehicle was not found or not authorized"


class VehicleAlreadyExists(MotorpoolError):
    """Another active vehicle of the partner has the VIN, the license plate or the externalId."""

    partner = Refusal(409, "ERROR_VEHICLE_ALREADY_EXISTS")
    message = "An active vehicle with this VIN, license plate or externalId exists"


class Unavailable(MotorpoolError):
    """A dependency failed or timed out. The request was carried out completely or not at all; it
    can be repeated with the same Idempotency-Key.

    The partner API's contract has no 503, so there it is the documented 500.
    """

    partner = Refusal(500, "INTERNAL_SERVER_ERROR")
    supplier = Refusal(503, "service_unavailable")
    message = "Service unavailable"
    expected = False
    headers: Mapping[str, str] = {"Retry-After": "1"}


class Unexpected(MotorpoolError):
    """An unexpected error. Quote `x-request-id` when you report it."""

    partner = Refusal(500, "INTERNAL_SERVER_ERROR")
    supplier = Refusal(500, "internal_server_error")
    message = "Internal server error"
    expected = False


class PartnerNotFound(MotorpoolError):
    """There is no such partner. Raised for operators only."""

    message = "There is no such partner"


class ClientNotFound(MotorpoolError):
    """There is no such client. Raised for operators only."""

    message = "There is no such client"


class RotationNotFinished(MotorpoolError):
    """Two secrets of the client are valid. Raised for operators only."""

    message = (
        "Two secrets of this client are valid, and a new one would make the older one invalid: "
        "revoke the older one first (`client revoke … --old`), or rotate with --force"
    )


class Conflict(MotorpoolError):
    """Another operator changed the item after it was read. Raised for operators only."""

    message = "Somebody else changed it at the same time: check its state, then repeat the command"


class VehicleIsNotActive(MotorpoolError):
    """The vehicle is deactivated."""

    partner = Refusal(403, "ERROR_VEHICLE_IS_NOT_ACTIVE_ON_POLICY")
    message = "The vehicle is deactivated"


class PhotoNotFound(MotorpoolError):
    """There is no such photo, it is another partner's, or its file is not available."""

    partner = Refusal(404, "ERROR_PHOTO_NOT_FOUND")
    message = "There is no such photo"


class PhotoIsUploaded(MotorpoolError):
    """The photo's file was uploaded, so there is no new form for it."""

    partner = Refusal(409, "ERROR_PHOTO_IS_UPLOADED")
    message = "The photo's file was uploaded; to send another, request the upload of a new photo"


class LicensePhotoRequired(MotorpoolError):
    """The license photo is missing, was never uploaded, or was rejected."""

    partner = Refusal(500, "ERROR_LICENSE_PHOTO_REQUIRED")
    message = "A photo of the license plate is required"


class OdometerPhotoRequired(MotorpoolError):
    """The odometer photo is missing, was never uploaded, or was rejected."""

    partner = Refusal(500, "ERROR_ODOMETER_PHOTO_REQUIRED")
    message = "A photo of the odometer is required"


class OnlyOnePhoto(MotorpoolError):
    """There is more than one license photo or odometer photo."""

    partner = Refusal(500, "ERROR_MILEAGE_CHECKIN_SUPPORTS_ONLY_ONE_PHOTO")
    message = "A check-in has one license photo and one odometer photo"


class LicensePlateMismatch(MotorpoolError):
    """The license plate or state differs from the vehicle's."""

    partner = Refusal(500, "ERROR_LICENSE_PLATE_MISMATCH")
    message = "The license plate differs from the vehicle's"


class PhotoNotOwnedByUser(MotorpoolError):
    """A photo is unknown, not of the vehicle's user, or was used by another check-in."""

    partner = Refusal(500, "ERROR_PHOTO_NOT_OWNED_BY_USER")
    message = "A photo does not belong to the vehicle's user"


class CheckInIsLocked(MotorpoolError):
    """A check-in of the vehicle awaits review, or it is too early for the partner's cadence."""

    partner = Refusal(500, "ERROR_CHECKIN_IS_LOCKED")
    message = "A check-in is not possible now"


class MileageTooLow(MotorpoolError):
    """The mileage is lower than an earlier check-in's."""

    partner = Refusal(500, "ERROR_MILEAGE")
    message = "The mileage is lower than that of an earlier check-in"


class CheckInNotFound(MotorpoolError):
    """There is no such check-in, or it is another partner's."""

    partner = Refusal(404, "ERROR_MILEAGE_CHECKIN_NOT_FOUND")
    message = "There is no such mileage check-in"


class CheckInIsFinal(MotorpoolError):
    """The check-in is confirmed or declined, and cannot change any more."""

    partner = Refusal(409, "ERROR_CHECKIN_IS_FINAL")
    message = "The check-in is confirmed or declined"


class TransferNotFound(MotorpoolError):
    """There is no such transfer, or both its organizations are outside the client's."""

    supplier = Refusal(404, "transfer_not_found")
    message = "Transfer was not found or not authorized"


class TransferOfAssignedVehicle(MotorpoolError):
    """A driver is assigned to the vehicle."""

    supplier = Refusal(422, "transfer_assigned_vehicle")
    message = "It is not allowed to transfer an assigned vehicle"


class TransferInProgress(MotorpoolError):
    """A transfer of the vehicle is pending."""

    supplier = Refusal(422, "transfer_in_progress")
    message = "Another transfer of the vehicle is in progress"


class DriverNotFound(MotorpoolError):
    """The driver is not a user of the organization that owns the vehicle."""

    supplier = Refusal(404, "driver_not_found")
    message = "The driver is not a user of the organization that owns the vehicle"


class InactiveVehicle(MotorpoolError):
    """The vehicle is deactivated, and cannot have a driver."""

    supplier = Refusal(422, "vehicle_not_active")
    message = "The vehicle is deactivated"


class RateLimited(MotorpoolError):
    """The client has made its number of requests to this operation for the hour."""

    supplier = Refusal(429, "rate_limited")
    message = "Number of requests exceeds allowed limit"

    def __init__(self, headers: Mapping[str, str] = NO_HEADERS) -> None:
        super().__init__()
        self.headers = headers


class OAuthError(MotorpoolError):
    """An error of the token endpoint, in the format of RFC 6749, section 5.2."""

    headers: Mapping[str, str] = {"Cache-Control": "no-store"}

    @override
    @classmethod
    def envelope(cls, api: Api) -> tuple[str, str]:
        """The names of the code and the message in RFC 6749."""
        return "error", "error_description"


class InvalidTokenRequest(OAuthError):
    """A parameter is missing, malformed or given twice, or there are two sets of credentials."""

    supplier = Refusal(400, "invalid_request")
    message = "The request is malformed"


class InvalidClient(OAuthError):
    """There is no such client, or its secret is wrong."""

    supplier = Refusal(401, "invalid_client")
    message = "The client is unknown, or its secret is wrong"
    headers: Mapping[str, str] = {
        "Cache-Control": "no-store",
        "WWW-Authenticate": 'Basic realm="motorpool"',
    }


class InvalidScope(OAuthError):
    """The client does not have one of the scopes."""

    supplier = Refusal(400, "invalid_scope")
    message = "The client does not have that scope"


class UnsupportedGrantType(OAuthError):
    """The grant type is not `client_credentials`."""

    supplier = Refusal(400, "unsupported_grant_type")
    message = "Only client_credentials is supported"

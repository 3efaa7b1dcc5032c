"""Every refusal a caller can see, with the status and code it has on each API.

A rule raises the error where the rule lives; `endpoint` turns it into an answer. A handler names in
`@endpoint(raises=…)` what it refuses with; writing the OpenAPI document fails when one of those has
no answer on the handler's API.
"""

from collections.abc import Mapping
from typing import ClassVar, Literal, NamedTuple, override

Api = Literal["partner", "supplier"]

# The names of code and message in each API's error body.
ENVELOPES: dict[Api, tuple[str, str]] = {
    "partner": ("error_code", "error_message"),
    "supplier": ("code", "message"),
}

NO_HEADERS: Mapping[str, str] = {}


class Refusal(NamedTuple):
    """How one API answers an error: status, the code in the envelope, and a message of its own."""

    status: int
    code: str
    message: str | None = None


class MotorpoolError(Exception):
    """A refusal with a message that may be shown to the caller."""

    partner: ClassVar[Refusal | None] = None
    supplier: ClassVar[Refusal | None] = None
    message: ClassVar[str]
    # False: a failure of ours, which alarms count; True: a business outcome, whatever its status.
    expected: ClassVar[bool] = True
    headers: Mapping[str, str] = NO_HEADERS

    def __init__(self, message: str | None = None) -> None:
        self.shown = message or self.message
        super().__init__(self.shown)

    @classmethod
    def is_answered_on(cls, api: Api) -> bool:
        """Whether that API has an answer to the error."""
        return (cls.partner if api == "partner" else cls.supplier) is not None

    @classmethod
    def on(cls, api: Api) -> Refusal:
        """The refusal on that API."""
        refusal = cls.partner if api == "partner" else cls.supplier
        if refusal is None:
            raise TypeError(f"{cls.__name__} has no answer on the {api} API")
        return refusal

    @classmethod
    def envelope(cls, api: Api) -> tuple[str, str]:
        """The names of code and message in the error body on that API."""
        return ENVELOPES[api]

    def body(self, api: Api) -> dict[str, str]:
        """The error body on that API."""
        refusal = self.on(api)
        values = (refusal.code, refusal.message or self.shown)
        return dict(zip(self.envelope(api), values, strict=True))


class InvalidParameters(MotorpoolError):
    """The request cannot be understood, or claims what is not so.

    Takes (field, what was wrong) pairs, fields named as the caller wrote them.
    """

    partner = Refusal(400, "ERROR_INVALID_PARAMETERS")
    supplier = Refusal(400, "bad_request")
    message = "The request parameters are invalid"

    def __init__(self, *problems: tuple[str, str]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{field}: {problem}" for field, problem in problems))

    @override
    def body(self, api: Api) -> dict[str, str]:
        """On the supplier API, the document's message comes before the fields."""
        if api == "partner":
            return super().body(api)
        return super().body(api) | {"message": f"{self.message}: {self.shown}"}


class MissingScope(MotorpoolError):
    """The client's scopes do not cover this route."""

    partner = Refusal(403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")
    supplier = Refusal(401, "unauthorized", "Invalid OAuth 2.0 credentials provided")
    message = "The client does not have the scope that this operation needs"
    headers: Mapping[str, str] = {
        "WWW-Authenticate": 'Bearer realm="motorpool", error="insufficient_scope"'
    }


class NoPermission(MotorpoolError):
    """The resource is the partner's, but outside the organizations this client is linked to."""

    partner = Refusal(403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")
    message = "The client's organizations do not include the one that this resource belongs to"


class OrganizationNotFound(MotorpoolError):
    """No such organization, or another partner's."""

    partner = Refusal(404, "ERROR_ORGANIZATION_NOT_FOUND")
    supplier = Refusal(
        404, "organization_not_found", "Supplier organization was not found or not authorized"
    )
    message = "There is no such organization"


class UserNotFound(MotorpoolError):
    """No such user, or another partner's."""

    partner = Refusal(404, "ERROR_USER_NOT_FOUND")
    supplier = Refusal(404, "user_not_found")
    message = "There is no such user"


class UserAlreadyExists(MotorpoolError):
    """Another user of this partner has the phone number."""

    partner = Refusal(409, "ERROR_USER_ALREADY_EXISTS")
    message = "A user with this phone number exists"


class VehicleNotFound(MotorpoolError):
    """No such vehicle, or another partner's."""

    partner = Refusal(404, "ERROR_VEHICLE_NOT_FOUND")
    supplier = Refusal(404, "vehicle_not_found")
    message = "Vehicle was not found or not authorized"


class VehicleAlreadyExists(MotorpoolError):
    """An active vehicle of this partner has the VIN, or the plate in that state."""

    partner = Refusal(409, "ERROR_VEHICLE_ALREADY_EXISTS")
    message = "An active vehicle with this VIN or license plate exists"


class Unavailable(MotorpoolError):
    """A dependency throttled or timed out. The request is carried out whole, or not at all.

    A repeat with the same Idempotency-Key finds out. The partner API's documents know no 503, so
    there it is the documented 500.
    """

    partner = Refusal(500, "INTERNAL_SERVER_ERROR")
    supplier = Refusal(503, "service_unavailable")
    message = "Service unavailable"
    expected = False
    headers: Mapping[str, str] = {"Retry-After": "1"}


class Unexpected(MotorpoolError):
    """What nobody foresaw. The caller learns nothing but the request id."""

    partner = Refusal(500, "INTERNAL_SERVER_ERROR")
    supplier = Refusal(500, "internal_server_error")
    message = "Internal server error"
    expected = False


class PartnerNotFound(MotorpoolError):
    """No such partner. Only operators ask."""

    message = "There is no such partner"


class ClientNotFound(MotorpoolError):
    """No such client. Only operators ask."""

    message = "There is no such client"


class RotationNotFinished(MotorpoolError):
    """Two secrets of the client are valid. Only operators meet it."""

    message = (
        "Two secrets of this client are valid, and a new one would make the older one invalid: "
        "revoke the older one first (`client revoke … --old`), or rotate with --force"
    )


class Conflict(MotorpoolError):
    """Somebody changed it in between. Only operators meet it."""

    message = "Somebody else changed it at the same moment: look again, then repeat"


class VehicleIsNotActive(MotorpoolError):
    """The vehicle is deactivated."""

    partner = Refusal(403, "ERROR_VEHICLE_IS_NOT_ACTIVE_ON_POLICY")
    message = "The vehicle is deactivated"


class PhotoNotFound(MotorpoolError):
    """No such photo, or another partner's."""

    partner = Refusal(404, "ERROR_PHOTO_NOT_FOUND")
    message = "There is no such photo"


class LicensePhotoRequired(MotorpoolError):
    """The license photo is missing, was never uploaded, or was rejected."""

    partner = Refusal(500, "ERROR_LICENSE_PHOTO_REQUIRED")
    message = "A photo of the license plate is required"


class OdometerPhotoRequired(MotorpoolError):
    """The odometer photo is missing, was never uploaded, or was rejected."""

    partner = Refusal(500, "ERROR_ODOMETER_PHOTO_REQUIRED")
    message = "A photo of the odometer is required"


class OnlyOnePhoto(MotorpoolError):
    """More than one license photo or odometer photo."""

    partner = Refusal(500, "ERROR_MILEAGE_CHECKIN_SUPPORTS_ONLY_ONE_PHOTO")
    message = "A check-in has one license photo and one odometer photo"


class LicensePlateMismatch(MotorpoolError):
    """The plate or state differs from the vehicle's."""

    partner = Refusal(500, "ERROR_LICENSE_PLATE_MISMATCH")
    message = "The license plate differs from the vehicle's"


class PhotoNotOwnedByUser(MotorpoolError):
    """A photo is not of the vehicle's user, is unknown, or was used by another check-in."""

    partner = Refusal(500, "ERROR_PHOTO_NOT_OWNED_BY_USER")
    message = "A photo is not one of the vehicle's user"


class CheckInIsLocked(MotorpoolError):
    """An earlier check-in awaits review, or the cadence's next window is not open."""

    partner = Refusal(500, "ERROR_CHECKIN_IS_LOCKED")
    message = "A check-in is not possible now"


class MileageTooLow(MotorpoolError):
    """The mileage is lower than an earlier check-in's."""

    partner = Refusal(500, "ERROR_MILEAGE")
    message = "The mileage is lower than that of an earlier check-in"


class CheckInNotFound(MotorpoolError):
    """No such check-in, or another partner's."""

    partner = Refusal(404, "ERROR_MILEAGE_CHECKIN_NOT_FOUND")
    message = "There is no such mileage check-in"


class CheckInIsFinal(MotorpoolError):
    """A confirmed or declined check-in does not change."""

    partner = Refusal(409, "ERROR_CHECKIN_IS_FINAL")
    message = "The check-in is confirmed or declined"


class TransferNotFound(MotorpoolError):
    """No such transfer, another partner's, or between organizations outside the subtree."""

    supplier = Refusal(404, "transfer_not_found")
    message = "Transfer was not found or not authorized"


class TransferOfAssignedVehicle(MotorpoolError):
    """A driver is assigned."""

    supplier = Refusal(422, "transfer_assigned_vehicle")
    message = "It is not allowed to transfer an assigned vehicle"


class TransferInProgress(MotorpoolError):
    """Another transfer of the vehicle is pending."""

    supplier = Refusal(422, "transfer_in_progress")
    message = "Another transfer of the vehicle is in progress"


class DriverNotFound(MotorpoolError):
    """The driver is no user of the organization that owns the vehicle."""

    supplier = Refusal(404, "driver_not_found")
    message = "The driver is not a user of the organization that owns the vehicle"


class InactiveVehicle(MotorpoolError):
    """A deactivated vehicle has no driver."""

    supplier = Refusal(422, "vehicle_not_active")
    message = "The vehicle is deactivated"


class RateLimited(MotorpoolError):
    """The client has used up its requests to this endpoint for the hour."""

    supplier = Refusal(429, "rate_limited")
    message = "Number of requests exceeds allowed limit"

    def __init__(self, headers: Mapping[str, str] = NO_HEADERS) -> None:
        super().__init__()
        self.headers = headers


class OAuthError(MotorpoolError):
    """A refusal of the token endpoint, in the shape of RFC 6749, section 5.2."""

    headers: Mapping[str, str] = {"Cache-Control": "no-store"}

    @override
    @classmethod
    def envelope(cls, api: Api) -> tuple[str, str]:
        """As RFC 6749 names them."""
        return "error", "error_description"


class InvalidTokenRequest(OAuthError):
    """A parameter is missing, given twice, or malformed."""

    supplier = Refusal(400, "invalid_request")
    message = "The request is malformed"


class InvalidClient(OAuthError):
    """No such client, or not its secret."""

    supplier = Refusal(401, "invalid_client")
    message = "The client is unknown, or its secret is wrong"
    headers: Mapping[str, str] = {
        "Cache-Control": "no-store",
        "WWW-Authenticate": 'Basic realm="motorpool"',
    }


class InvalidScope(OAuthError):
    """A scope that the client does not have."""

    supplier = Refusal(400, "invalid_scope")
    message = "The client does not have that scope"


class UnsupportedGrantType(OAuthError):
    """Another grant than client credentials."""

    supplier = Refusal(400, "unsupported_grant_type")
    message = "Only client_credentials is supported"

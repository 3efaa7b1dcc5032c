"""Every refusal a caller can see, with the status and code it has on each API.

A rule raises the error where the rule lives; `endpoint` turns it into an answer. A handler names in
`@endpoint(raises=…)` what it refuses with; writing the OpenAPI document fails when one of those has
no answer on the handler's API.
"""

from typing import ClassVar, NamedTuple


class Refusal(NamedTuple):
    """How one API answers an error: the HTTP status and the code in the envelope."""

    status: int
    code: str


class MotorpoolError(Exception):
    """A refusal with a message that may be shown to the caller."""

    partner: ClassVar[Refusal | None] = None
    supplier: ClassVar[Refusal | None] = None
    message: ClassVar[str]
    # False: a failure of ours, which alarms count; True: a business outcome, whatever its status.
    expected: ClassVar[bool] = True

    def __init__(self, message: str | None = None) -> None:
        self.shown = message or self.message
        super().__init__(self.shown)

    @classmethod
    def on(cls, api: str) -> Refusal:
        """The refusal on that API (`partner` or `supplier`)."""
        refusal = cls.partner if api == "partner" else cls.supplier
        if refusal is None:
            raise TypeError(f"{cls.__name__} has no answer on the {api} API")
        return refusal


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


class MissingScope(MotorpoolError):
    """The client's scopes do not cover this route."""

    partner = Refusal(403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")
    supplier = Refusal(401, "unauthorized")
    message = "The client does not have the scope that this operation needs"


class NoPermission(MotorpoolError):
    """The resource is the partner's, but outside the organizations this client is linked to."""

    partner = Refusal(403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")
    message = "The client's organizations do not include the one that this resource belongs to"


class OrganizationNotFound(MotorpoolError):
    """No such organization, or another partner's."""

    partner = Refusal(404, "ERROR_ORGANIZATION_NOT_FOUND")
    supplier = Refusal(404, "organization_not_found")
    message = "Supplier organization was not found or not authorized"


class UserNotFound(MotorpoolError):
    """No such user, or another partner's."""

    partner = Refusal(404, "ERROR_USER_NOT_FOUND")
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
    """A dependency throttled or timed out until the function's time was used up; nothing is done.

    The partner API's documents know no 503, so there it is the documented 500.
    """

    partner = Refusal(500, "INTERNAL_SERVER_ERROR")
    supplier = Refusal(503, "service_unavailable")
    message = "Service unavailable"
    expected = False


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


class Conflict(MotorpoolError):
    """Somebody changed it in between. Only operators meet it."""

    message = "Somebody else changed it at the same moment: look again, then repeat"

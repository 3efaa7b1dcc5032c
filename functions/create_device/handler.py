"""POST /users/{userId}/devices: let one user's device in, for a time.

The device sends the three headers of the answer. It may announce, send and see its user's photos,
make, amend and see its user's check-ins, and see its user and the user's vehicles; nothing else. It
ends with its time, within a minute after it is deleted, and with the client that let it in.

200 the device and its headers · 400 invalid parameters · 403 the user is outside the client's
organizations · 404 no such user; or, of a repeated request, the device is not there any more
"""

from collections.abc import Mapping
from typing import Any

from motorpool.access import device_store as devices
from motorpool.access.callers import Caller
from motorpool.access.clients import new_secret
from motorpool.access.devices import Device
from motorpool.access.secret_keys import pepper
from motorpool.api.endpoint import Result, endpoint
from motorpool.errors import DeviceNotFound, InvalidParameters, NoPermission, UserNotFound
from motorpool.tenants import user_store as users
from motorpool.tenants.partner_api import CreateDevice, NewDeviceAnswer


def renew(first: Mapping[str, Any], caller: Caller) -> Result[NewDeviceAnswer]:
    device, secret = devices.get(first["deviceId"], visible_to=caller), new_secret()
    after = device.with_secret(secret, pepper())
    answer = NewDeviceAnswer.with_secret(device, secret)
    return Result(answer, (devices.replaced(device, after),))


@endpoint(raises=(InvalidParameters, NoPermission, UserNotFound, DeviceNotFound), renew=renew)
def handler(user_id: str, request: CreateDevice, caller: Caller) -> Result[NewDeviceAnswer]:
    user, secret = users.get(user_id, visible_to=caller), new_secret()
    device = Device.create(
        user, by=caller, seconds=request.ttl_seconds, secret=secret, pepper=pepper()
    )
    return Result(NewDeviceAnswer.with_secret(device, secret), (devices.add(device),))

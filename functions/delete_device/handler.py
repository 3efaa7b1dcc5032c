"""DELETE /devices/{deviceId}: delete a device, which is refused from then on, within a minute.

204 deleted · 403 the device's user is outside the client's organizations · 404 no such device, or
its time is over
"""

from motorpool.access import device_store as devices
from motorpool.access.callers import Caller
from motorpool.api.endpoint import Result, endpoint
from motorpool.errors import DeviceNotFound, NoPermission


@endpoint(raises=(DeviceNotFound, NoPermission))
def handler(device_id: str, caller: Caller) -> Result[None]:
    return Result(None, (devices.removed(devices.get(device_id, visible_to=caller)),))

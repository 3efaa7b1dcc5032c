"""Storage of devices."""

from motorpool.access.callers import Caller
from motorpool.access.devices import Device, client_of
from motorpool.clock import now_ms
from motorpool.dynamodb import keys, table
from motorpool.dynamodb.items import Item, from_attributes, to_attributes
from motorpool.dynamodb.table import FREE, TransactItem
from motorpool.errors import DeviceNotFound, NoPermission

ITSELF = "id = :device"


def get(device_id: str, *, visible_to: Caller) -> Device:
    """The device with that id.

    Raises DeviceNotFound (also for another partner's, and for one that has expired) and
    NoPermission (its user is outside the subtree).
    """
    item = table.get(keys.device(device_id)) if client_of(device_id) else None
    device = from_attributes(Device, item) if item else None
    if device is None or device.has_expired or device.partner_id != visible_to.partner_id:
        raise DeviceNotFound
    if not visible_to.sees(device.org_path):
        raise NoPermission
    return device


def of_user(user_id: str, *, limit: int, after: Item | None) -> tuple[list[Device], Item | None]:
    """A page of a user's devices, oldest first, and the key before the next page."""
    now = now_ms() // 1000
    page = table.chained_page(
        [("", keys.devices_of_user(user_id))],
        index="gsi1",
        limit=limit,
        after=after,
        keep=lambda item: item["expiresAt"] > now,
    )
    return [from_attributes(Device, item) for item in page.items], page.last_key


def add(device: Device) -> TransactItem:
    """The write of a new device."""
    return table.put(keys.device(device.id), _item(device), only_if=FREE)


def replaced(read: Device, after: Device) -> TransactItem:
    """The write that replaces the device that was read. Raises VersionConflict."""
    return table.replace(keys.device(read.id), _item(after), read_version=read.version)


def removed(device: Device) -> TransactItem:
    """The write that deletes a device. Raises VersionConflict when it is not there any more."""
    return table.delete(keys.device(device.id), only_if=ITSELF, values={":device": device.id})


def _item(device: Device) -> Item:
    index = {
        "gsi1pk": keys.devices_of_user(device.user_id),
        "gsi1sk": f"{device.created:013d}#{device.id}",
    }
    return to_attributes(device) | index

"""The key of every item and of every index entry, as listed in `docs/data.md`.

No other module builds a key. Ids, phone numbers, VINs and normalized plates contain no `#`; an
external id may, so it ends its key.
"""

from motorpool.dynamodb.table import Key

ALL_PARTNERS = "PARTNERS"


def partner(partner_id: str) -> Key:
    return Key(f"PARTNER#{partner_id}", "PARTNER")


def origin(origin: str, partner_id: str) -> Key:
    return Key(f"ORIGIN#{origin}", partner_id)


def client(client_id: str) -> Key:
    return Key(f"CLIENT#{client_id}", "CLIENT")


def clients_of(partner_id: str) -> str:
    return f"PARTNER#{partner_id}#CLIENTS"


def device(device_id: str) -> Key:
    return Key(f"DEVICE#{device_id}", "DEVICE")


def devices_of_user(user_id: str) -> str:
    return f"USER#{user_id}#DEVICES"


def rate(client_id: str, endpoint: str, window: int) -> Key:
    return Key(f"CLIENT#{client_id}#RATE#{endpoint}", f"RATE#{window}")


def organization(organization_id: str) -> Key:
    return Key(f"ORG#{organization_id}", "ORG")


def organizations_of(partner_id: str) -> str:
    return f"PARTNER#{partner_id}#ORGS"


def user(user_id: str) -> Key:
    return Key(f"USER#{user_id}", "USER")


def users_of_organization(organization_id: str) -> str:
    return f"ORG#{organization_id}#USERS"


def phone_claim(partner_id: str, phone: str) -> Key:
    return Key(f"PARTNER#{partner_id}#PHONE#{phone}", "CLAIM")


def vehicle(vehicle_id: str) -> Key:
    return Key(f"VEHICLE#{vehicle_id}", "VEHICLE")


def vehicles_of_organization(organization_id: str) -> str:
    return f"ORG#{organization_id}"


def vehicles_of_user(user_id: str) -> str:
    return f"USER#{user_id}"


def vin_claim(partner_id: str, vin: str) -> Key:
    return Key(f"PARTNER#{partner_id}#VIN#{vin}", "CLAIM")


def plate_claim(partner_id: str, state: str, compared_plate: str) -> Key:
    return Key(f"PARTNER#{partner_id}#PLATE#{state}#{compared_plate}", "CLAIM")


def external_id_claim(partner_id: str, external_id: str) -> Key:
    return Key(f"PARTNER#{partner_id}#EXTERNAL#{external_id}", "CLAIM")


PHOTOS = "PHOTO#"


def photo(photo_id: str) -> Key:
    return Key(f"{PHOTOS}{photo_id}", "PHOTO")


CHECK_INS = "CHECKIN#"


def check_in(vehicle_id: str, check_in_id: str) -> Key:
    return Key(f"VEHICLE#{vehicle_id}", f"{CHECK_INS}{check_in_id}")


def review_queue(holder_id: str, status: str, shard: str) -> str:
    return f"QUEUE#{holder_id}#{status}#{shard}"


def review_entry(holder_id: str, status: str, shard: str, time: str, check_in_id: str) -> Key:
    return Key(review_queue(holder_id, status, shard), f"{time}#{check_in_id}")


def check_ins_of_partner(partner_id: str, status: str) -> str:
    return f"PARTNER#{partner_id}#CHECKINS#{status}"


CUSTODY = "CUSTODY#"
HISTORY = "HISTORY#"
END_OF_HISTORY = "HISTORY$"  # sorts after every entry


# Version 0.1.0 wrote such items. A newer one reads them, and keeps custody in the history.
def custody(vehicle_id: str, number: int) -> Key:
    return Key(f"VEHICLE#{vehicle_id}", f"{CUSTODY}{number:08d}")


# In the partition of what it is about.
def history(partition: str, number: int) -> Key:
    return Key(partition, f"{HISTORY}{number:08d}")


def in_feed(partition: str) -> Key:
    return Key(partition, "IN_FEED")


FEED = "FEED#"
# Sorts after every segment.
FEED_HEAD = "HEAD"


def feed(partner_id: str) -> str:
    return f"{FEED}{partner_id}"


def segment(partner_id: str, last: int) -> Key:
    return Key(feed(partner_id), f"{last:015d}")


def feed_head(partner_id: str) -> Key:
    return Key(feed(partner_id), FEED_HEAD)


def transfer(transfer_id: str) -> Key:
    return Key(f"TRANSFER#{transfer_id}", "TRANSFER")


def transfers_of_partner(partner_id: str, status: str) -> str:
    return f"PARTNER#{partner_id}#TRANSFERS#{status}"


# `client_id`: of the client, or of the device, whose secret the request has.
def request(client_id: str, idempotency_key: str) -> Key:
    return Key(f"CLIENT#{client_id}#KEY#{idempotency_key}", "REQUEST")

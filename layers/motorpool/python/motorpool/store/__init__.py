"""The only code that speaks DynamoDB: one table, its keys, and a module per entity.

| entity                     | pk                                | sk      | index                         |
|----------------------------|-----------------------------------|---------|-------------------------------|
| partner                    | PARTNER#<partnerId>               | PARTNER | gsi1 PARTNERS / name          |
| client                     | PARTNER#<partnerId>               | CLIENT#<clientId> |                     |
| organization               | ORG#<orgId>                       | ORG     | gsi1 PARTNER#<partnerId>#ORGS / path |
| user                       | USER#<userId>                     | USER    |                               |
| phone taken                | PARTNER#<partnerId>#PHONE#<e164>  | CLAIM   |                               |
| vehicle                    | VEHICLE#<vehicleId>               | VEHICLE | gsi1 ORG#<ownerId> / date added, gsi2 USER#<userId> / date added |
| VIN taken                  | PARTNER#<partnerId>#VIN#<vin>     | CLAIM   | while the vehicle is active   |
| plate taken                | PARTNER#<partnerId>#PLATE#<state>#<plate> | CLAIM | while the vehicle is active |
| check-in                   | its vehicle's pk                  | CHECKIN#<checkInId> | gsi1 PARTNER#<partnerId>#CHECKINS#<status> / time, only Pending and OnHold |
| photo                      | PHOTO#<photoId>                   | PHOTO   | expires after 24 h unless inspected or used |
| idempotency record         | CLIENT#<clientId>#KEY#<key>       | REQUEST | expires after 24 h            |

Attributes are the entities' fields in camelCase; times are milliseconds, `expiresAt` (TTL) seconds.
"""  # noqa: E501

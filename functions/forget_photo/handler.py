"""Consumes the expiries queue: deletes the files of each photo that expired unused.

DynamoDB deletes the photo's item, and only if no check-in uses the photo. A photo without an item
can never be used, so its files can go.
"""

from motorpool.messages.consumer import consumer
from motorpool.photos import expiry
from motorpool.photos.expiry import ExpiredPhoto


@consumer
def handler(message: ExpiredPhoto) -> None:
    expiry.forget(message.photo_id)

"""GET /photo/{photoId}/status: get whether a photo was inspected, and what its file contains.

A file is usually inspected within seconds of its upload.

200 the status · 403 the photo is outside the client's organizations · 404 no such photo
"""

from motorpool.access.callers import Caller
from motorpool.api.endpoint import endpoint
from motorpool.api.public_url import PublicUrl
from motorpool.errors import NoPermission, PhotoNotFound
from motorpool.photos import store as photos
from motorpool.photos.model import handle
from motorpool.photos.partner_api import PhotoStatusAnswer


@endpoint(raises=(NoPermission, PhotoNotFound))
def handler(photo_id: str, caller: Caller, here: PublicUrl) -> PhotoStatusAnswer:
    return PhotoStatusAnswer.of(photos.get(photo_id, visible_to=caller), handle(photo_id, here))

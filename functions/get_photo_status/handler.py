"""GET /photo/{photoId}/status: whether a photo was inspected, and what its file says.

200 the status · 403 outside the client's organizations · 404 no such photo
"""

from motorpool.callers import Caller
from motorpool.endpoint import endpoint
from motorpool.errors import NoPermission, PhotoNotFound
from motorpool.photos import PhotoStatusAnswer, handle
from motorpool.public_url import PublicUrl
from motorpool.store import photos


@endpoint(raises=(NoPermission, PhotoNotFound))
def handler(photo_id: str, caller: Caller, here: PublicUrl) -> PhotoStatusAnswer:
    return PhotoStatusAnswer.of(photos.get(photo_id, seen_by=caller), handle(photo_id, here))

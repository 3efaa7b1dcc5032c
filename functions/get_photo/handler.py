"""GET /photo/{photoId}: what a photo's handle (`photoUrl`) leads to.

302 to the file in S3, for 60 seconds · 403 outside the client's organizations · 404 no such photo,
or one that was rejected
"""

from motorpool.access.callers import Caller
from motorpool.api.endpoint import Redirect, endpoint
from motorpool.errors import InvalidParameters, NoPermission, PhotoNotFound
from motorpool.photos import bucket
from motorpool.photos import store as photos
from motorpool.photos.partner_api import PhotoQuery


@endpoint(raises=(InvalidParameters, NoPermission, PhotoNotFound))
def handler(photo_id: str, query: PhotoQuery, caller: Caller) -> Redirect:
    photo = photos.get(photo_id, visible_to=caller)
    photo.ensure_fit_to_show(query.size)
    return Redirect(bucket.view_url(photo, thumbnail=query.size == "thumbnail"))

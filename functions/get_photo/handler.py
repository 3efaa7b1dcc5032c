"""GET /photo/{photoId}: redirect to a photo's file; a `photoUrl` is the URL of this operation.

The redirect's target is a presigned URL that is valid for 60 seconds.

302 the redirect · 400 invalid parameters · 403 the photo is outside the client's organizations ·
404 no such photo, it was rejected, or `size=thumbnail` and it is not inspected yet
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

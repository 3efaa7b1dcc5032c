"""GET /photo/{photoId}: redirect to a picture of a photo; a `photoUrl` is this operation's URL.

The redirect's target is a presigned URL that is valid for 60 seconds. The picture is a JPEG made of
the uploaded file, upright and without metadata. The first request for `size=large` takes seconds.
The uploaded file itself (`size=original`) is for clients with the scope `checkins.review`.

302 the redirect · 400 invalid parameters · 403 the photo is outside the client's organizations, or
`size=original` without the scope · 404 no such photo, it was rejected, or it is being looked at
"""

from motorpool.access.callers import Caller
from motorpool.api.endpoint import Redirect, endpoint
from motorpool.errors import InvalidParameters, NoPermission, PhotoNotFound
from motorpool.photos import bucket, renditions
from motorpool.photos import store as photos
from motorpool.photos.model import ensure_may_download
from motorpool.photos.partner_api import PhotoQuery


@endpoint(raises=(InvalidParameters, NoPermission, PhotoNotFound))
def handler(photo_id: str, query: PhotoQuery, caller: Caller) -> Redirect:
    photo = photos.get(photo_id, visible_to=caller)
    photo.ensure_fit_to_show()
    if query.size == "original":
        ensure_may_download(caller)
        return Redirect(bucket.download_url(photo))
    renditions.ensure_made(photo, query.size)
    return Redirect(bucket.view_url(photo, query.size))

"""GET /photo/{photoId}: what a photo's handle (`photoUrl`) leads to.

302 to the file in S3, for 60 seconds · 403 outside the client's organizations · 404 no such photo,
or one that was rejected
"""

from motorpool import uploads
from motorpool.callers import Caller
from motorpool.endpoint import Redirect, endpoint
from motorpool.errors import InvalidParameters, NoPermission, PhotoNotFound
from motorpool.photos import PhotoQuery
from motorpool.store import photos


@endpoint(raises=(InvalidParameters, NoPermission, PhotoNotFound))
def handler(photo_id: str, query: PhotoQuery, caller: Caller) -> Redirect:
    photo = photos.get(photo_id, seen_by=caller)
    photo.must_be_fit_to_show(query.size)
    return Redirect(uploads.view_url(photo, thumbnail=query.size == "thumbnail"))

"""POST /photo/upload: create a photo and get a form to upload its file to S3.

Upload with a `multipart/form-data` POST to `uploadUrl`: first all of `uploadFields`, then the file
as the field `file`. The form is valid for 5 minutes and takes 1 byte to 15 MB of the announced
content type. The file is inspected after the upload, see `GET /photo/{photoId}/status`. A repeated
request with the same Idempotency-Key gets the same photo with a new form, and so does
`POST /photo/{photoId}/form`.

200 the photo and the form · 400 invalid parameters · 403 the user is outside the client's
organizations · 404 no such user
"""

from collections.abc import Mapping
from typing import Any

from motorpool.access.callers import Caller
from motorpool.api.endpoint import Result, endpoint
from motorpool.api.public_url import PublicUrl
from motorpool.errors import InvalidParameters, NoPermission, UserNotFound
from motorpool.photos import bucket
from motorpool.photos import model as photos
from motorpool.photos import store as stored_photos
from motorpool.photos.model import Photo
from motorpool.photos.partner_api import PhotoUploadAnswer, RequestPhotoUpload
from motorpool.tenants import user_store as users


def renew(first: Mapping[str, Any], caller: Caller) -> Result[PhotoUploadAnswer]:
    photo_id = first["photoUrl"].rpartition("/")[2]
    # Also for an answer that was kept by version 0.1.0, which had no `photoId`.
    form = bucket.form(photo_id, first["contentType"])
    return Result(
        PhotoUploadAnswer.model_validate({**first, "photoId": photo_id, **form}, strict=False)
    )


@endpoint(raises=(InvalidParameters, NoPermission, UserNotFound), renew=renew)
def handler(
    request: RequestPhotoUpload, caller: Caller, here: PublicUrl
) -> Result[PhotoUploadAnswer]:
    user = users.get(request.user_id, visible_to=caller)
    photo = Photo.create(user, request.content_type, request.asserted())
    answer = PhotoUploadAnswer(
        **dict(request),
        **bucket.form(photo.id, photo.content_type),
        photo_id=photo.id,
        photo_url=photos.handle(photo.id, here),
        max_bytes=photos.MAX_BYTES,
    )
    return Result(answer, stored_photos.add(photo))

"""POST /photo/upload: a handle for a photo, and the form with which to send it straight to S3.

200 the handle and the form · 400 wrong parameters · 403 the user is outside the client's
organizations · 404 no such user
"""

from motorpool import photos, uploads
from motorpool.callers import Caller
from motorpool.clock import iso
from motorpool.endpoint import Change, endpoint
from motorpool.errors import InvalidParameters, NoPermission, UserNotFound
from motorpool.photos import Photo, PhotoUploadAnswer, RequestPhotoUpload
from motorpool.public_url import PublicUrl
from motorpool.store import photos as stored_photos
from motorpool.store import users


@endpoint(raises=(InvalidParameters, NoPermission, UserNotFound))
def handler(
    request: RequestPhotoUpload, caller: Caller, here: PublicUrl
) -> Change[PhotoUploadAnswer]:
    photo = Photo.announced(request, users.get(request.user_id, seen_by=caller))
    form = uploads.form(photo)
    answer = PhotoUploadAnswer(
        **dict(request),
        photo_url=photos.handle(photo.id, here),
        upload_url=form.url,
        upload_fields=form.fields,
        expires_at=iso(photo.created + photos.UPLOAD_SECONDS * 1000),
        max_bytes=photos.MAX_BYTES,
    )
    return Change(answer, stored_photos.add(photo))

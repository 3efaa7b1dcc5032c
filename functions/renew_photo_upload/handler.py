"""POST /photo/{photoId}/form: get a new form for a photo whose file was not uploaded yet.

A form is valid for 5 minutes; this one replaces a form that expired before the file was sent. See
`POST /photo/upload` for how to send it.

200 the form · 403 the photo is outside the client's organizations · 404 no such photo ·
409 its file was uploaded
"""

from collections.abc import Mapping
from typing import Any

from motorpool.access.callers import Caller
from motorpool.api.endpoint import Result, endpoint
from motorpool.api.public_url import PublicUrl
from motorpool.errors import NoPermission, PhotoIsUploaded, PhotoNotFound
from motorpool.photos import bucket
from motorpool.photos import store as photos
from motorpool.photos.model import MAX_BYTES, handle
from motorpool.photos.partner_api import PhotoFormAnswer


def renew(first: Mapping[str, Any], caller: Caller) -> Result[PhotoFormAnswer]:
    return Result(_form_of(first["photoId"], first["photoUrl"], caller))


@endpoint(raises=(NoPermission, PhotoNotFound, PhotoIsUploaded), renew=renew)
def handler(photo_id: str, caller: Caller, here: PublicUrl) -> Result[PhotoFormAnswer]:
    return Result(_form_of(photo_id, handle(photo_id, here), caller))


def _form_of(photo_id: str, photo_url: str, caller: Caller) -> PhotoFormAnswer:
    photo = photos.get(photo_id, visible_to=caller)
    photo.ensure_awaits_upload(bucket.uploaded_version(photo))
    form = bucket.form(photo.id, photo.content_type)
    return PhotoFormAnswer(**form, photo_id=photo.id, photo_url=photo_url, max_bytes=MAX_BYTES)

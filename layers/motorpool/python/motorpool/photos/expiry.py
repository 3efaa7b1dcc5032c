"""The end of photos that no check-in used: their files follow their items."""

from pydantic import BaseModel, ConfigDict, Field

from motorpool.dynamodb import keys
from motorpool.photos import bucket
from motorpool.photos import store as photos


class ExpiredPhoto(BaseModel):
    """A message of the expiries queue: the key of a photo that DynamoDB deleted."""

    model_config = ConfigDict(strict=True, frozen=True)

    # Less than an id would be the beginning of other photos' keys.
    key: str = Field(pattern=rf"^{keys.PHOTOS}pho_[0-9a-f]{{32}}$")

    @property
    def photo_id(self) -> str:
        """The id in the key."""
        return self.key.removeprefix(keys.PHOTOS)


def forget(photo_id: str) -> None:
    """Delete all files of a photo that is not in the table; doing it again changes nothing.

    A photo that is there (again, from a backup) keeps its files.
    """
    if photos.find(photo_id) is None:
        bucket.remove_all(photo_id)

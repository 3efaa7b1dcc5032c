from infra.spec import StreamReader, Uses

spec = StreamReader(
    key_prefix="PHOTO#",
    of="expired",
    dead="uploads",
    uses=Uses(
        table=("GetItem",),
        photos=("DeleteObjectVersion",),
        thumbnails=("DeleteObjectVersion",),
        lists=("ListBucketVersions",),
    ),
)

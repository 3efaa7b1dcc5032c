"""The data stack's outputs, by the environment variables that functions have for them."""

VARIABLES = {
    "TABLE_NAME": "TableName",
    "PHOTO_BUCKET": "PhotoBucketName",
    "PEPPER_SECRET_ARN": "PepperSecretArn",
    "TRANSFERS_QUEUE_URL": "TransfersQueueUrl",
    "DEAD_LETTER_QUEUE_URL": "TransfersDeadLetterQueueUrl",
}

"""The data stack's outputs, by the environment variables in which the command line has them."""

from typing import get_args

from infra.spec import Queue

VARIABLES = {
    "TABLE_NAME": "TableName",
    "PHOTO_BUCKET": "PhotoBucketName",
    "PEPPER_SECRET_ARN": "PepperSecretArn",
    **{f"{name.upper()}_QUEUE_URL": f"{name.title()}QueueUrl" for name in get_args(Queue)},
    **{
        f"{name.upper()}_DEAD_LETTER_QUEUE_URL": f"{name.title()}DeadLetterQueueUrl"
        for name in (*get_args(Queue), "stream")
    },
}

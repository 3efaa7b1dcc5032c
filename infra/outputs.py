"""The deployed stack: its name, and the outputs that stand for what `Uses` tells a function."""

STACK = "Motorpool"

VARIABLES = {
    "TABLE_NAME": "TableName",
    "PEPPER_SECRET_ARN": "PepperSecretArn",
    "TRANSFERS_QUEUE_URL": "TransfersQueueUrl",
    "DEAD_LETTER_QUEUE_URL": "TransfersDeadLetterQueueUrl",
}

"""The data that outlives every deployment: the table, the photos, the secret keys.

`DataStack` retains all of it.
"""

from collections.abc import Iterator
from typing import cast

from aws_cdk import Acknowledgment, Duration, Stack, Validations
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.queues import Queues
from infra.spec import Secret
from infra.table_keys import EXPIRES_AT, INDEXES

KEY_LENGTH = 64

SECRETS: dict[Secret, tuple[str, str]] = {
    "pepper": (
        "Key of the HMAC with which client secrets are stored",
        "A new pepper would invalidate all client secrets, which cannot be hashed again without "
        "the clients. Client secrets rotate instead: a client can have two valid ones.",
    ),
    "token_key": (
        "Key that signs the access tokens of the supplier API",
        "Tokens are valid for an hour and bound to client secrets, which rotate. Operators "
        "rotate this key by hand after an incident.",
    ),
    "cursor_key": (
        "Key that encrypts the cursors of lists",
        "A new key would break lists that callers are reading. A cursor grants no access: the "
        "caller is authorized for every page.",
    ),
    "webhook_key": (
        "Key that encrypts the secrets of webhooks",
        "What it has encrypted is in the table for years. Operators rotate it by hand after an "
        "incident, and the secrets of the webhooks with it.",
    ),
}


class Data(Construct):
    """The table, the photo bucket and the keys."""

    def __init__(self, scope: Construct, id: str, *, queues: Queues) -> None:
        super().__init__(scope, id)
        self.table = self._table()
        self.photos = self._photos(queues)
        self.secrets = {secret: self._secret_arn(secret) for secret in SECRETS}

    def export_of(self, reference: str) -> str:
        """The name of the export with which other stacks name it; cdk-nag prints this name."""
        stack = Stack.of(self)
        name: str = stack.resolve(stack.export_value(reference))["Fn::ImportValue"]
        return name

    @property
    def references(self) -> Iterator[str]:
        """What other stacks may name it by: ARNs and names."""
        yield from (self.table.table_arn, self.table.table_name, self.table.table_stream_arn or "")
        yield from (self.photos.bucket_arn, self.photos.bucket_name)
        yield from self.secrets.values()

    def _table(self) -> dynamodb.Table:
        table = dynamodb.Table(
            self,
            "Table",
            partition_key=_string("pk"),
            sort_key=_string("sk"),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.AWS_MANAGED,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            stream=dynamodb.StreamViewType.NEW_IMAGE,
            time_to_live_attribute=EXPIRES_AT,
            deletion_protection=True,
        )
        for index in INDEXES:
            table.add_global_secondary_index(
                index_name=index,
                partition_key=_string(f"{index}pk"),
                sort_key=_string(f"{index}sk"),
                projection_type=dynamodb.ProjectionType.ALL,
            )
        return table

    def _photos(self, queues: Queues) -> s3.Bucket:
        logs = s3.Bucket(
            self,
            "PhotoAccessLogs",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            lifecycle_rules=[s3.LifecycleRule(expiration=Duration.days(90))],
        )
        photos = s3.Bucket(
            self,
            "Photos",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            versioned=True,
            server_access_logs_bucket=logs,
            # Any origin, because the presigned policy limits what can be uploaded, and where.
            cors=[
                s3.CorsRule(
                    allowed_methods=[s3.HttpMethods.POST, s3.HttpMethods.GET],
                    allowed_origins=["*"],
                    allowed_headers=["*"],
                    exposed_headers=["ETag"],
                    max_age=3600,
                )
            ],
            lifecycle_rules=[
                # Not for photos/: the inspected version must stay when another is uploaded.
                s3.LifecycleRule(
                    prefix="thumbnails/", noncurrent_version_expiration=Duration.days(30)
                ),
                s3.LifecycleRule(abort_incomplete_multipart_upload_after=Duration.days(1)),
            ],
        )
        # A property of the bucket: CDK's method makes a custom resource with access to all buckets.
        resource = cast(s3.CfnBucket, photos.node.default_child)
        resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            queue_configurations=[
                s3.CfnBucket.QueueConfigurationProperty(
                    event="s3:ObjectCreated:*",
                    queue=queues.uploads.queue_arn,
                    filter=s3.CfnBucket.NotificationFilterProperty(
                        s3_key=s3.CfnBucket.S3KeyFilterProperty(
                            rules=[s3.CfnBucket.FilterRuleProperty(name="prefix", value="photos/")]
                        )
                    ),
                )
            ]
        )
        # S3 sends a test message when the notification is set up.
        photos.node.add_dependency(queues.uploads_policy)
        return photos

    def _secret_arn(self, name: Secret) -> str:
        description, unrotated_because = SECRETS[name]
        secret = secretsmanager.CfnSecret(
            self,
            name.title().replace("_", ""),
            description=description,
            generate_secret_string=secretsmanager.CfnSecret.GenerateSecretStringProperty(
                password_length=KEY_LENGTH, exclude_punctuation=True
            ),
        )
        Validations.of(secret).acknowledge(
            Acknowledgment(id="AwsSolutions::AwsSolutions-SMG4", reason=unrotated_because)
        )
        # `Id` rather than `Ref`: both are the ARN on AWS, but `Ref` is a bare name in MiniStack.
        return secret.attr_id


def _string(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)

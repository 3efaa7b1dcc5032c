"""What must outlive every deployment: the table, the photos, the pepper of client secrets."""

from aws_cdk import Acknowledgment, Duration, RemovalPolicy, Validations
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.spec import Index

INDEXES: tuple[Index, ...] = ("gsi1", "gsi2")
PEPPER_LENGTH = 64


class Data(Construct):
    """One table, one photo bucket, one secret. All three stay when the stack is deleted."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        self.table = self._table()
        self.photos = self._photos()
        self.pepper_arn = self._pepper_arn()

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
            time_to_live_attribute="expiresAt",
            deletion_protection=True,
            removal_policy=RemovalPolicy.RETAIN,
        )
        for index in INDEXES:
            table.add_global_secondary_index(
                index_name=index,
                partition_key=_string(f"{index}pk"),
                sort_key=_string(f"{index}sk"),
                projection_type=dynamodb.ProjectionType.ALL,
            )
        return table

    def _photos(self) -> s3.Bucket:
        logs = s3.Bucket(
            self,
            "PhotoAccessLogs",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            lifecycle_rules=[s3.LifecycleRule(expiration=Duration.days(90))],
            removal_policy=RemovalPolicy.RETAIN,
        )
        return s3.Bucket(
            self,
            "Photos",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            versioned=True,
            server_access_logs_bucket=logs,
            # Any origin: what may be uploaded, and where to, is bounded by the presigned policy.
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
                s3.LifecycleRule(
                    noncurrent_version_expiration=Duration.days(30),
                    abort_incomplete_multipart_upload_after=Duration.days(1),
                )
            ],
            removal_policy=RemovalPolicy.RETAIN,
        )

    def _pepper_arn(self) -> str:
        pepper = secretsmanager.CfnSecret(
            self,
            "Pepper",
            description="Keys the HMAC under which client secrets are stored",
            generate_secret_string=secretsmanager.CfnSecret.GenerateSecretStringProperty(
                password_length=PEPPER_LENGTH, exclude_punctuation=True
            ),
        )
        pepper.apply_removal_policy(RemovalPolicy.RETAIN)
        Validations.of(pepper).acknowledge(
            Acknowledgment(
                id="AwsSolutions::AwsSolutions-SMG4",
                reason="A rotated pepper would invalidate every stored client secret at once, and "
                "they cannot be hashed anew without the clients. What rotates is each client's "
                "secret: two are valid at a time.",
            )
        )
        # `Id` rather than `Ref`: both are the ARN on AWS, but `Ref` is a bare name in MiniStack.
        return pepper.attr_id


def _string(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)

"""What is kept, and what is queued."""

from collections.abc import Mapping
from typing import Any, get_args

import pytest
from aws_cdk.assertions import Template

from infra.spec import Consumer, Queue, Secret, discover

ACCOUNT = {"Ref": "AWS::AccountId"}


def only(stack: Template, resource_type: str) -> dict[str, Any]:
    [resource] = stack.find_resources(resource_type).values()
    return dict(resource)


def photos(stack: Template) -> dict[str, Any]:
    """The properties of the one bucket that browsers may talk to."""
    [bucket] = [
        bucket["Properties"]
        for bucket in stack.find_resources("AWS::S3::Bucket").values()
        if "CorsConfiguration" in bucket["Properties"]
    ]
    return dict(bucket)


def queues(
    stack: Template, name: Queue
) -> tuple[tuple[str, dict[str, Any]], tuple[str, dict[str, Any]]]:
    """Logical id and properties of a queue, then of its dead-letter queue."""
    found = stack.find_resources("AWS::SQS::Queue")
    [live] = [
        id
        for id, queue in found.items()
        if "RedrivePolicy" in queue["Properties"] and name.title() in id
    ]
    [dead] = [id for id in found if f"Dead{name.title()}" in id]
    return (live, dict(found[live]["Properties"])), (dead, dict(found[dead]["Properties"]))


every_queue = pytest.mark.parametrize("name", get_args(Queue))


def test_what_partners_entrusted_to_us_survives_the_stack(
    stack: Template,
) -> None:
    for kept in ("AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SecretsManager::Secret"):
        for resource in stack.find_resources(kept).values():
            assert resource["DeletionPolicy"] == "RetainExceptOnCreate"
            assert resource["UpdateReplacePolicy"] == "Retain"
    stack.resource_count_is("Custom::S3AutoDeleteObjects", 0)


def test_the_table_has_two_overloaded_indexes_and_forgets_what_expires(stack: Template) -> None:
    table = only(stack, "AWS::DynamoDB::Table")["Properties"]

    keys = {
        index["IndexName"]: [key["AttributeName"] for key in index["KeySchema"]]
        for index in table["GlobalSecondaryIndexes"]
    }
    assert [key["AttributeName"] for key in table["KeySchema"]] == ["pk", "sk"]
    assert keys == {"gsi1": ["gsi1pk", "gsi1sk"], "gsi2": ["gsi2pk", "gsi2sk"]}
    assert {i["Projection"]["ProjectionType"] for i in table["GlobalSecondaryIndexes"]} == {"ALL"}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expiresAt", "Enabled": True}
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"}
    assert table["BillingMode"] == "PAY_PER_REQUEST"


def test_the_table_is_hard_to_lose(stack: Template) -> None:
    table = only(stack, "AWS::DynamoDB::Table")["Properties"]

    assert table["DeletionProtectionEnabled"]
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["SSESpecification"] == {"SSEEnabled": True}


def test_no_bucket_is_public_or_reached_without_tls(stack: Template) -> None:
    buckets = stack.find_resources("AWS::S3::Bucket")
    policies = stack.find_resources("AWS::S3::BucketPolicy").values()

    for bucket in buckets.values():
        assert all(bucket["Properties"]["PublicAccessBlockConfiguration"].values())
    assert {p["Properties"]["Bucket"]["Ref"] for p in policies if denies_plain_http(p)} == {
        *buckets
    }


def test_photos_are_versioned_logged_and_open_to_browsers(stack: Template) -> None:
    bucket = photos(stack)
    [cors] = bucket["CorsConfiguration"]["CorsRules"]
    thumbnails, uploads = bucket["LifecycleConfiguration"]["Rules"]

    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert "DestinationBucketName" in bucket["LoggingConfiguration"]
    assert cors["AllowedMethods"] == ["POST", "GET"]
    assert uploads["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    assert thumbnails["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}


def test_a_photo_that_was_inspected_is_never_removed_whatever_is_sent_after_it(
    stack: Template,
) -> None:
    removing = [
        rule
        for rule in photos(stack)["LifecycleConfiguration"]["Rules"]
        if any("Expiration" in what for what in rule)
    ]

    assert {rule["Prefix"] for rule in removing} == {"thumbnails/"}


def test_the_uploads_queue_is_told_of_photos_and_not_of_their_renditions(stack: Template) -> None:
    (uploads, _), _ = queues(stack, "uploads")
    [told] = photos(stack)["NotificationConfiguration"]["QueueConfigurations"]

    assert told["Queue"] == {"Fn::GetAtt": [uploads, "Arn"]}
    assert told["Event"] == "s3:ObjectCreated:*"
    assert told["Filter"] == {"S3Key": {"Rules": [{"Name": "prefix", "Value": "photos/"}]}}


def test_only_buckets_of_this_account_may_tell_the_uploads_queue(stack: Template) -> None:
    (uploads, _), _ = queues(stack, "uploads")
    policies = stack.find_resources("AWS::SQS::QueuePolicy")
    allowed = {
        (queue["Ref"], id): statement
        for id, policy in policies.items()
        for queue in policy["Properties"]["Queues"]
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    }

    [((queue_id, policy_id), statement)] = allowed.items()

    assert queue_id == uploads
    assert statement["Principal"] == {"Service": "s3.amazonaws.com"}
    assert statement["Action"] == "sqs:SendMessage"
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    [bucket] = [
        bucket
        for bucket in stack.find_resources("AWS::S3::Bucket").values()
        if "NotificationConfiguration" in bucket["Properties"]
    ]
    assert policy_id in bucket["DependsOn"]


def test_the_secret_keys_are_made_where_they_are_kept(stack: Template) -> None:
    secrets = stack.find_resources("AWS::SecretsManager::Secret").values()

    assert len(secrets) == len(get_args(Secret)) == 4
    for secret in secrets:
        assert "SecretString" not in secret["Properties"]
        assert secret["Properties"]["GenerateSecretString"]["PasswordLength"] == 64


@every_queue
def test_the_visibility_timeout_is_six_times_its_readers_timeout(
    stack: Template, name: Queue
) -> None:
    (_, live), _ = queues(stack, name)
    readers = [
        function.spec.timeout
        for function in discover()
        if isinstance(function.spec, Consumer) and function.spec.queue == name
    ]

    assert live["VisibilityTimeout"] >= 6 * max(readers, default=20)


@pytest.mark.parametrize(
    ("name", "deliveries"), [("uploads", 8), ("transfers", 60), ("expiries", 60), ("renditions", 3)]
)
def test_a_message_that_keeps_failing_is_set_aside_for_two_weeks(
    stack: Template, name: Queue, deliveries: int
) -> None:
    (_, live), (dead_id, dead) = queues(stack, name)

    assert live["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": [dead_id, "Arn"]},
        "maxReceiveCount": deliveries,
    }
    assert dead["MessageRetentionPeriod"] == 14 * 24 * 60 * 60


def test_queues_are_encrypted_and_reached_by_tls_only(stack: Template) -> None:
    found = stack.find_resources("AWS::SQS::Queue")
    policies = stack.find_resources("AWS::SQS::QueuePolicy").values()

    assert all(queue["Properties"]["SqsManagedSseEnabled"] for queue in found.values())
    closed = [p["Properties"]["Queues"] for p in policies if denies_plain_http(p)]
    assert {queue["Ref"] for queues in closed for queue in queues} == {*found}


def denies_plain_http(policy: Mapping[str, Any]) -> bool:
    return any(
        statement["Effect"] == "Deny"
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if "Condition" in statement
    )

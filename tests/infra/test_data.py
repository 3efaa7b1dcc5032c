"""What is kept, what is queued, and what raises an alarm."""

from collections.abc import Mapping
from typing import Any

from aws_cdk.assertions import Template

from infra.spec import discover
from motorpool.telemetry import UNEXPECTED


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


def queues(stack: Template) -> tuple[tuple[str, dict[str, Any]], tuple[str, dict[str, Any]]]:
    """Logical id and properties of the transfer queue, then of its dead-letter queue."""
    found = stack.find_resources("AWS::SQS::Queue")
    [transfers] = [name for name, queue in found.items() if "RedrivePolicy" in queue["Properties"]]
    [dead] = [name for name in found if name != transfers]
    return (
        (transfers, dict(found[transfers]["Properties"])),
        (dead, dict(found[dead]["Properties"])),
    )


def test_what_partners_entrusted_to_us_survives_the_stack(stack: Template) -> None:
    for kept in ("AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SecretsManager::Secret"):
        for resource in stack.find_resources(kept).values():
            assert resource["DeletionPolicy"] == "Retain"
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
    [rule] = bucket["LifecycleConfiguration"]["Rules"]

    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert "DestinationBucketName" in bucket["LoggingConfiguration"]
    assert cors["AllowedMethods"] == ["POST", "GET"]
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}


def test_the_pepper_is_made_where_it_is_kept(stack: Template) -> None:
    secret = only(stack, "AWS::SecretsManager::Secret")["Properties"]

    assert "SecretString" not in secret
    assert secret["GenerateSecretString"]["PasswordLength"] == 64


def test_the_visibility_timeout_is_six_times_the_function_timeout(stack: Template) -> None:
    (_, transfers), _ = queues(stack)

    assert transfers["VisibilityTimeout"] >= 6 * max(f.spec.timeout for f in discover())


def test_a_transfer_that_keeps_failing_is_set_aside_for_two_weeks(stack: Template) -> None:
    (_, transfers), (dead_id, dead) = queues(stack)

    assert transfers["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": [dead_id, "Arn"]},
        "maxReceiveCount": 5,
    }
    assert dead["MessageRetentionPeriod"] == 14 * 24 * 60 * 60


def test_queues_are_encrypted_and_reached_by_tls_only(stack: Template) -> None:
    found = stack.find_resources("AWS::SQS::Queue")
    policies = stack.find_resources("AWS::SQS::QueuePolicy").values()

    assert all(queue["Properties"]["SqsManagedSseEnabled"] for queue in found.values())
    closed = [p["Properties"]["Queues"] for p in policies if denies_plain_http(p)]
    assert {queue["Ref"] for queues in closed for queue in queues} == {*found}


def test_a_dead_transfer_and_an_unexpected_error_raise_an_alarm_at_once(stack: Template) -> None:
    _, (dead_id, _) = queues(stack)
    alarms = {
        (alarm["Properties"]["Namespace"], alarm["Properties"]["MetricName"]): alarm["Properties"]
        for alarm in stack.find_resources("AWS::CloudWatch::Alarm").values()
    }

    dead = alarms.pop(("AWS/SQS", "ApproximateNumberOfMessagesVisible"))
    unexpected = alarms.pop(("Motorpool", UNEXPECTED))

    assert not alarms
    assert dead["Dimensions"] == [
        {"Name": "QueueName", "Value": {"Fn::GetAtt": [dead_id, "QueueName"]}}
    ]
    # The one dimension that Powertools gives a single metric.
    assert unexpected["Dimensions"] == [{"Name": "service", "Value": "motorpool"}]
    for alarm in (dead, unexpected):
        assert alarm["Threshold"] == 1
        assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
        assert alarm["TreatMissingData"] == "notBreaching"


def denies_plain_http(policy: Mapping[str, Any]) -> bool:
    return any(
        statement["Effect"] == "Deny"
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if "Condition" in statement
    )

"""The topic that alarms tell, and the address that it sends mails to."""

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.names import Names


class AlarmTopic(Construct):
    """CloudWatch may publish to it for the environment's alarms, with TLS only.

    `email`: subscribed, once somebody opens the link in the mail that AWS sends.
    """

    def __init__(self, scope: Construct, id: str, *, names: Names, email: str | None) -> None:
        super().__init__(scope, id)
        # Not encrypted with a key: CloudWatch cannot use AWS's own, and a key of ours costs a
        # dollar a month. Messages have the names of alarms and functions, and figures.
        self.topic = sns.Topic(
            self, "Topic", display_name=f"{names.title} alarms", enforce_ssl=True
        )
        stack = Stack.of(self)
        alarms = stack.format_arn(
            service="cloudwatch",
            resource="alarm",
            resource_name=f"{names.title}-*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        # The topic has a policy, which replaces the usual one, by which the account may publish.
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                actions=["sns:Publish"],
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                resources=[self.topic.topic_arn],
                conditions={
                    "StringEquals": {"aws:SourceAccount": stack.account},
                    "ArnLike": {"aws:SourceArn": alarms},
                },
            )
        )
        if email:
            self.topic.add_subscription(subscriptions.EmailSubscription(email))

"""The stacks of an environment in CloudFormation, and what is in them."""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import boto3

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import StackTypeDef


def stacks_of(cloudformation: "CloudFormationClient", title: str) -> list["StackTypeDef"]:
    """The environment's stacks: named like `title`, or `title`, a dash and one word."""
    name = re.compile(rf"{re.escape(title)}(-[^-]+)?")
    pages = cloudformation.get_paginator("describe_stacks").paginate()
    found = [stack for page in pages for stack in page["Stacks"]]
    return [
        stack
        for stack in found
        if name.fullmatch(stack["StackName"]) and stack["StackStatus"] != "DELETE_COMPLETE"
    ]


def resources(
    cloudformation: "CloudFormationClient", stacks: Iterable["StackTypeDef"], kind: str
) -> Iterator[str]:
    """The physical ids of the stacks' resources of that type, such as `AWS::SNS::Topic`."""
    pages = cloudformation.get_paginator("list_stack_resources")
    for stack in stacks:
        for page in pages.paginate(StackName=stack["StackName"]):
            for resource in page["StackResourceSummaries"]:
                if resource["ResourceType"] == kind and "PhysicalResourceId" in resource:
                    yield resource["PhysicalResourceId"]


def of_stacks(title: str, kind: str) -> list[str]:
    """The physical ids of the environment's resources of that type, in this process's account."""
    cloudformation = boto3.client("cloudformation")
    return list(resources(cloudformation, stacks_of(cloudformation, title), kind))

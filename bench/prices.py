"""List prices of AWS in us-east-1, in dollars, without free tiers and discounts.

Checked on the day below: X-Ray's on aws.amazon.com/xray/pricing; Lambda's, its snapshots', API
Gateway's and DynamoDB's on pages of others that quote AWS's. Those of S3, SQS and CloudWatch Logs
are from memory. Look them up on aws.amazon.com/<service>/pricing before a figure is relied on.
"""

from dataclasses import dataclass

AS_OF = "2026-11-22"
REGION = "us-east-1"
MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Prices:
    """Dollars per unit, as named."""

    lambda_request: float = 0.20 / MILLION
    lambda_gb_second: float = 0.0000133334  # arm64, first tier
    gateway_request: float = 3.50 / MILLION  # REST API, first 333 million
    write_unit: float = 0.625 / MILLION  # DynamoDB on demand, standard table
    read_unit: float = 0.125 / MILLION
    s3_write: float = 0.005 / 1000  # PUT, POST
    s3_read: float = 0.0004 / 1000  # GET, HEAD
    sqs_request: float = 0.40 / MILLION  # standard queue
    logs_gb: float = 0.50  # CloudWatch Logs, ingestion
    trace: float = 5.00 / MILLION  # X-Ray, recorded traces
    snapstart_cache_gb_second: float = 0.0000015046
    snapstart_restore_gb: float = 0.0001397998


@dataclass(frozen=True, slots=True)
class Assumptions:
    """Assumptions where nothing is counted."""

    # The partner API caches the authorizer's answer for 60 s by the three headers, so a client with
    # one request a second invokes it for one request in 60. The supplier API does not cache.
    partner_requests_authorized_from_cache: float = 0.95
    supplier_requests_authorized_from_cache: float = 0.0
    # A function waits for its calls: within the region 5 ms for a read, 10 ms for a transaction.
    seconds_of_a_read: float = 0.005
    seconds_of_a_write: float = 0.010
    # 1769 MB is the memory with which Lambda gives a function one whole vCPU.
    memory_of_one_cpu_mb: int = 1769
    # Active tracing records one request a second and 5 % of the rest.
    traced: float = 0.05
    # START, END and REPORT, which Lambda adds to each invocation's own lines.
    lambda_log_bytes: int = 400


PRICES = Prices()
ASSUMED = Assumptions()

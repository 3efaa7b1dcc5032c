"""The cost of a million of each job, from the counted calls and units and the price table."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.prices import ASSUMED, MILLION, PRICES
from infra.spec import Route, discover

SPECS = {function.name: function.spec for function in discover()}
GB = 1e9
S3_READS = {"HeadObject", "GetObject"}


@dataclass(frozen=True, slots=True)
class Job:
    """A task of a caller: the functions that it invokes, and its uploads and messages.

    `events`: how many come into the feed by it, which `bench.feed` has the price of.
    """

    name: str
    functions: tuple[str, ...]
    uploads: int = 0
    messages: int = 0
    events: int = 0


# A message is sent, received and deleted.
REQUESTS_OF_A_MESSAGE = 3
JOBS = (
    Job("registration", ("create_vehicle_by_vin",), events=1),
    Job(
        "check-in with two photos",
        (*("request_photo_upload", "inspect_photo") * 2, "create_mileage_check_in"),
        uploads=2,
        messages=2,
        events=3,
    ),
    Job(
        "the same, reviewed",
        (
            *("request_photo_upload", "inspect_photo") * 2,
            "create_mileage_check_in",
            "review_mileage_check_in",
        ),
        uploads=2,
        messages=2,
        events=4,
    ),
    Job("transfer", ("transfer_vehicle", "dispatch", "apply_transfer"), messages=1, events=2),
    Job("read of a vehicle", ("get_vehicle",)),
)


def of_a_million(job: Job, warm: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Dollars for a million, in total and by service. `warm`: the warm figures by function."""
    dollars: defaultdict[str, float] = defaultdict(float)
    for name in job.functions:
        for what, paid in _invocation(name, warm[name]).items():
            dollars[what] += paid
    if authorized := sum(map(_share_of_authorizer, job.functions)):
        for what, paid in _invocation("authorizer", warm["authorizer"]).items():
            dollars[what] += paid * authorized
    dollars["S3"] += job.uploads * PRICES.s3_write
    # The dispatcher's call is among the function's own calls already.
    own = sum(warm[name]["calls"].get("SendMessageBatch", 0) for name in job.functions)
    dollars["SQS"] += (job.messages * REQUESTS_OF_A_MESSAGE - own) * PRICES.sqs_request
    paid_for = {what: paid * MILLION for what, paid in dollars.items() if paid}
    return {
        "job": job.name,
        "events": job.events,
        "dollars": sum(paid_for.values()),
        "for": paid_for,
    }


def snapstart_a_month() -> dict[str, float]:
    """Dollars a month for storing every function's snapshot, even without invocations."""
    gigabytes = sum(spec.memory for spec in SPECS.values()) / 1024
    seconds = 30 * 24 * 3600
    return {
        "functions": len(SPECS),
        "gigabytes": gigabytes,
        "dollars": gigabytes * seconds * PRICES.snapstart_cache_gb_second,
    }


def _share_of_authorizer(name: str) -> float:
    """The share of requests to that function for which the authorizer is invoked."""
    spec = SPECS[name]
    if not isinstance(spec, Route) or spec.public:
        return 0.0
    if spec.api == "partner":
        return 1 - ASSUMED.partner_requests_authorized_from_cache
    return 1 - ASSUMED.supplier_requests_authorized_from_cache


def _invocation(name: str, figures: Mapping[str, Any]) -> dict[str, float]:
    spec, calls = SPECS[name], figures["calls"]
    writes = sum(n for call, n in calls.items() if call.startswith(("Transact", "Put", "Update")))
    waiting = writes * ASSUMED.seconds_of_a_write
    waiting += (sum(calls.values()) - writes) * ASSUMED.seconds_of_a_read
    share = min(1.0, spec.memory / ASSUMED.memory_of_one_cpu_mb)
    seconds = waiting + figures["with_calls_ms"] / 1000 / share
    s3_writes = calls.get("PutObject", 0)
    s3_reads = sum(calls.get(call, 0) for call in S3_READS)
    paid: defaultdict[str, float] = defaultdict(float)
    paid["Lambda"] += PRICES.lambda_request
    paid["Lambda"] += seconds * spec.memory / 1024 * PRICES.lambda_gb_second
    paid["DynamoDB"] += figures["read_units"] * PRICES.read_unit
    paid["DynamoDB"] += figures["write_units"] * PRICES.write_unit
    paid["S3"] += s3_writes * PRICES.s3_write + s3_reads * PRICES.s3_read
    paid["SQS"] += calls.get("SendMessageBatch", 0) * PRICES.sqs_request
    logged = figures["log_bytes"] + ASSUMED.lambda_log_bytes
    paid["logs, traces"] += logged / GB * PRICES.logs_gb + ASSUMED.traced * PRICES.trace
    if isinstance(spec, Route):
        paid["gateway"] += PRICES.gateway_request
    return paid

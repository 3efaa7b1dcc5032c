"""The figures of each part as a table, with the limits that they meet or exceed."""

from collections.abc import Mapping, Sequence
from typing import Any

from bench.cold import MOST_AFTER_SNAPSHOT_MS, MOST_OF_USUAL
from bench.prices import AS_OF, ASSUMED, REGION
from bench.report import Table
from bench.warm import MOST_MS, MOST_MS_PER_CALL

Figures = Sequence[Mapping[str, Any]]
MB = 1_000_000


def cold(figures: Figures, runs: int) -> Table:
    """The table of cold starts."""
    of_apis = [one for one in figures if one["api"]]
    first = sum(one["first_holds"] for one in of_apis)
    total = sum(one["total_holds"] for one in of_apis)
    usual = {
        key: _mean([one[f"usual_{key}"] for one in figures])
        for key in ("import_ms", "first_ms", "first_tls_ms", "total_ms")
    }
    cookbook = _mean([one["cookbook_import_ms"] for one in figures])
    seconds = [one["second_tls_ms"] for one in of_apis] or [0.0]
    return Table(
        f"Cold start: CPU of a fresh interpreter in ms (least of {runs} runs in turns)",
        (
            "function",
            "import",
            "first request",
            "with TLS",
            "total",
            "total ÷ usual",
            "import ÷ cookbook",
            f"first ≤ {MOST_AFTER_SNAPSHOT_MS:.0f} ms",
            f"total ≤ {MOST_OF_USUAL}",
        ),
        [
            *(
                (
                    _name(one),
                    f"{one['import_ms']:.0f}",
                    f"{one['first_ms']:.1f}",
                    f"{one['first_tls_ms']:.0f}",
                    f"{one['total_ms']:.0f}",
                    f"{one['total_of_usual']:.2f}",
                    f"{one['import_of_cookbook']:.2f}",
                    _verdict(one["first_holds"]),
                    _verdict(one["total_holds"]),
                )
                for one in figures
            ),
            (
                "the usual stack",
                f"{usual['import_ms']:.0f}",
                f"{usual['first_ms']:.1f}",
                f"{usual['first_tls_ms']:.0f}",
                f"{usual['total_ms']:.0f}",
                "1",
                f"{usual['import_ms'] / cookbook:.2f}",
                "",
                "",
            ),
            ("the cookbook's create-order", f"{cookbook:.0f}", "", "", "", "", "1", "", ""),
        ],
        (
            f"First request ≤ {MOST_AFTER_SNAPSHOT_MS:.0f} ms: {first} of {len(of_apis)} API "
            f"functions. Total ≤ {MOST_OF_USUAL} × the usual stack's: {total} of {len(of_apis)}.",
            "The first request is the one after the snapshot: the function's SnapStart hooks have "
            "run. The total is a start without a snapshot: import, and a first request without "
            "the hooks.",
            f"With TLS, the second request takes {min(seconds):.1f} to {max(seconds):.1f} ms: "
            "connections last.",
            f"The cookbook's imports take {cookbook / usual['import_ms']:.2f} × the usual stack's.",
            "* made by the benchmark: no recorded event that fits its world.",
        ),
    )


def warm(figures: Figures, requests: int) -> Table:
    """The table of warm requests."""
    return Table(
        f"Warm: CPU without network, AWS calls and units of a request ({requests} requests)",
        (
            "function",
            "CPU ms",
            "without calls",
            "per call",
            "AWS calls",
            "read units",
            "write units",
            "log bytes",
            f"≤ {MOST_MS_PER_CALL} ms a call + {MOST_MS} ms",
        ),
        [
            (
                one["function"],
                f"{one['with_calls_ms']:.2f}",
                f"{one['without_calls_ms']:.2f}",
                f"{one['per_call_ms']:.2f}",
                ", ".join(
                    name if count == 1 else f"{count} {name}"
                    for name, count in one["calls"].items()
                ),
                f"{one['read_units']:g}",
                f"{one['write_units']:g}",
                one["log_bytes"],
                _verdict(one["holds"]),
            )
            for one in figures
        ],
        (
            "The CPU is all but the socket's: building, signing and parsing the calls is in it.",
            "Units include those of the indexes and, for transactions, the double price of writes.",
        ),
    )


def cost(figures: Figures, snapshots: Mapping[str, float]) -> Table:
    """The table of costs."""
    columns = ("Lambda", "gateway", "DynamoDB", "S3", "SQS", "logs, traces")
    cached = ASSUMED.partner_requests_authorized_from_cache
    return Table(
        f"Cost: dollars per million ({REGION}, prices of {AS_OF})",
        ("job", "dollars", *columns, "events"),
        [
            (
                one["job"],
                f"{one['dollars']:.2f}",
                *(f"{one['for'].get(column, 0):.2f}" for column in columns),
                one["events"],
            )
            for one in figures
        ],
        (
            "Events: how many the job brings into the feed. Their price is in the next table, not "
            "in the dollars here.",
            f"Assumed: {cached:.0%} of the partner API's requests are authorized from the cache, "
            "none of the supplier API's; storage, transfer out and alarms are not in it.",
            f"SnapStart keeps {snapshots['functions']:.0f} snapshots "
            f"({snapshots['gigabytes']:.1f} GB): {snapshots['dollars']:.0f} dollars a month.",
        ),
    )


def feed(figures: Figures) -> Table:
    """The table of the feed."""
    columns = ("Lambda", "DynamoDB", "SQS", "logs, traces")
    return Table(
        f"Feed: units, messages and dollars for each event ({REGION}, prices of {AS_OF})",
        (
            "events at once",
            "invocations",
            "read units",
            "write units",
            "messages",
            "SQS requests",
            "dollars per million",
            *columns,
        ),
        [
            (
                one["events"],
                f"{one['invocations']:g}",
                f"{one['read_units']:g}",
                f"{one['write_units']:g}",
                one["messages"],
                f"{one['sqs_requests']:g}",
                f"{one['dollars']:.2f}",
                *(f"{one['for'].get(column, 0):.2f}" for column in columns),
            )
            for one in figures
        ],
        (
            "Dispatcher, queue and numbering; the entry of the history is paid with its change. "
            "The events that come at once are of different vehicles of one partner.",
        ),
    )


def scale(figures: Figures, held: Mapping[int, int]) -> Table:
    """The table of scale."""
    smallest = {one["request"]: one for one in reversed(figures)}
    return Table(
        "Scale: units and latency of a request by the vehicles in the table",
        (
            "request",
            "vehicles",
            "calls",
            "read units",
            "write units",
            "p50 ms",
            "p95 ms",
            "units ± 1",
        ),
        [
            (
                one["request"],
                f"{one['vehicles']:,}",
                one["calls"],
                _range(one["read_units"]),
                _range(one["write_units"]),
                f"{one['p50_ms']:.1f}",
                f"{one['p95_ms']:.1f}",
                _verdict(_within_one(one, smallest[one["request"]])),
            )
            for one in sorted(figures, key=lambda one: (one["request"], one["vehicles"]))
        ],
        (
            "The engine held "
            + ", ".join(f"{size:,} vehicles in {held[size] / MB:,.0f} MB" for size in held)
            + ".",
            "The latency is this engine's; for a page it sorts the owner's whole partition.",
        ),
    )


def load(figures: Mapping[str, Any]) -> Table:
    """The table of load."""
    transfers = figures["transfers"]
    rows = {**figures["by_request"], "all": figures["all"]}
    notes = [
        f"{figures['requests_per_second']:.1f} requests a second by {figures['clients']} clients, "
        f"{figures['seconds']:.0f} s.",
    ]
    if "p50_ms" in transfers:
        notes.append(
            f"Freshness of {transfers['accepted']} transfers: p50 {transfers['p50_ms']:.0f} ms, "
            f"p95 {transfers['p95_ms']:.0f} ms, p99 {transfers['p99_ms']:.0f} ms; "
            f"{transfers['not_completed']} not completed."
        )
    return Table(
        "Load on the local stack: a mixed day",
        ("request", "requests", "errors", "p50 ms", "p95 ms", "p99 ms"),
        [
            (
                kind,
                one["requests"],
                one["errors"],
                f"{one['p50_ms']:.0f}",
                f"{one['p95_ms']:.0f}",
                f"{one['p99_ms']:.0f}",
            )
            for kind, one in rows.items()
        ],
        notes,
    )


def _name(one: Mapping[str, Any]) -> str:
    return f"{one['function']}*" if one["event"] == "made" else str(one["function"])


def _verdict(holds: bool | None) -> str:
    return "" if holds is None else "yes" if holds else "NO"


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _range(units: Sequence[float]) -> str:
    least, most = min(units), max(units)
    return f"{least:g}" if least == most else f"{least:g} to {most:g}"


def _within_one(one: Mapping[str, Any], smallest: Mapping[str, Any]) -> bool:
    return all(
        abs(unit - first) <= 1
        for kind in ("read_units", "write_units")
        for unit in one[kind]
        for first in smallest[kind]
    )

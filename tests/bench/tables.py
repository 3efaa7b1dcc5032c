"""The figures of each part as a table, with what holds and what does not."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.bench.cold import MOST_OF_USUAL
from tests.bench.prices import AS_OF, ASSUMED, REGION
from tests.bench.report import Table
from tests.bench.warm import MOST_MS

Figures = Sequence[Mapping[str, Any]]
MB = 1_000_000


def cold(figures: Figures, runs: int, tls_ms: float) -> Table:
    """Part a."""
    of_apis = [one for one in figures if one["api"]]
    held = [one for one in of_apis if one["holds"]]
    # The two sides' requests over HTTPS would each cost this, once.
    with_tls = [(one["cpu_ms"] + tls_ms) / (one["usual_cpu_ms"] + tls_ms) for one in of_apis] or [
        0.0
    ]
    return Table(
        f"Cold start: first answer of a fresh interpreter (least of {runs} runs in turns)",
        (
            "function",
            "CPU ÷ usual",
            "wall ÷ usual",
            "CPU ms",
            "of it after import",
            "wall ms",
            "modules",
            "unzipped MB",
            f"≤ {MOST_OF_USUAL}",
        ),
        [
            *(
                (
                    _name(one),
                    f"{one['cpu_ratio']:.2f}",
                    f"{one['wall_ratio']:.2f}",
                    f"{one['cpu_ms']:.0f}",
                    f"{one['after_import_cpu_ms']:.0f}",
                    f"{one['wall_ms']:.0f}",
                    one["modules"],
                    f"{one['unzipped_bytes'] / MB:.1f}",
                    _verdict(one["holds"]),
                )
                for one in figures
            ),
            (
                "the usual stack",
                "1",
                "1",
                f"{_mean([one['usual_cpu_ms'] for one in figures]):.0f}",
                f"{_mean([one['usual_after_import_cpu_ms'] for one in figures]):.0f}",
                f"{_mean([one['usual_wall_ms'] for one in figures]):.0f}",
                figures[0]["usual_modules"],
                f"{figures[0]['usual_unzipped_bytes'] / MB:.1f}",
                "",
            ),
        ],
        (
            f"{len(held)} of {len(of_apis)} functions of the APIs hold ≤ {MOST_OF_USUAL}.",
            "* made by the benchmark: no recorded event that fits its world.",
            "SnapStart takes the import away; what comes after it stays.",
            f"TLS (certificates: {tls_ms:.0f} ms of CPU) is in neither side; with it the ratios "
            f"would be {min(with_tls):.2f} to {max(with_tls):.2f}.",
        ),
    )


def warm(figures: Figures, calls: int) -> Table:
    """Part b."""
    return Table(
        f"Warm: CPU without network, AWS calls and units of a request ({calls} calls)",
        (
            "function",
            "CPU ms",
            "with signatures",
            "AWS calls",
            "read units",
            "write units",
            "log bytes",
            f"< {MOST_MS:.0f} ms",
        ),
        [
            (
                one["function"],
                f"{one['cpu_ms']:.2f}",
                f"{one['with_calls_ms']:.2f}",
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
        ("Units include those of the indexes and, for transactions, the double price of writes.",),
    )


def cost(figures: Figures, snapshots: Mapping[str, float]) -> Table:
    """Part e."""
    columns = ("Lambda", "gateway", "DynamoDB", "S3", "SQS", "logs, traces")
    cached = ASSUMED.partner_requests_authorized_from_cache
    return Table(
        f"Cost: dollars per million ({REGION}, prices of {AS_OF})",
        ("job", "dollars", *columns),
        [
            (
                one["job"],
                f"{one['dollars']:.2f}",
                *(f"{one['for'].get(column, 0):.2f}" for column in columns),
            )
            for one in figures
        ],
        (
            f"Assumed: {cached:.0%} of the partner API's requests are authorized from the cache, "
            "none of the supplier API's; storage, transfer out and alarms are not in it.",
            f"SnapStart keeps {snapshots['functions']:.0f} snapshots "
            f"({snapshots['gigabytes']:.1f} GB): {snapshots['dollars']:.0f} dollars a month.",
        ),
    )


def clients(figures: Figures) -> Table:
    """Part f."""
    base = figures[0]
    return Table(
        "Clients for DynamoDB",
        (
            "client",
            "cold CPU ÷ boto3",
            "cold CPU ms",
            "modules",
            "warm get ms",
            "its CPU ms",
            "reasons by part",
            "item in the way",
        ),
        [
            (
                one["client"],
                f"{one['cpu_ms'] / base['cpu_ms']:.2f}",
                f"{one['cpu_ms']:.0f}",
                one["modules"],
                f"{one['warm_get_ms']:.2f}",
                f"{one['warm_get_cpu_ms']:.2f}",
                "yes" if one["refusal"].get("codes") else "no: in the text only",
                "yes" if one["refusal"].get("item") else "no",
            )
            for one in figures
        ],
    )


def scale(figures: Figures, held: Mapping[int, int]) -> Table:
    """Part c."""
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
    """Part d."""
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

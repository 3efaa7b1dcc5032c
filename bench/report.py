"""Result tables for the terminal and in Markdown, and the description of the machine."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table as RichTable


@dataclass(frozen=True, slots=True)
class Table:
    """A part's result: rows of cells, and notes that explain them."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    notes: Sequence[str] = ()

    def show(self, console: Console) -> None:
        """Print the table and its notes."""
        table = RichTable(*self.columns, title=self.title, title_justify="left")
        for row in self.rows:
            table.add_row(*map(str, row))
        console.print(table)
        for note in self.notes:
            console.print(note)

    def markdown(self) -> str:
        """The table as Markdown."""
        lines = [f"## {self.title}", "", _line(self.columns), _line("---" for _ in self.columns)]
        lines += [_line(row) for row in self.rows]
        lines += ["", *(f"{note}\n" for note in self.notes)]
        return "\n".join(lines)


def _line(cells: object) -> str:
    assert not isinstance(cells, str)
    return f"| {' | '.join(map(str, cells))} |"  # type: ignore[call-overload]  # any iterable


def machine() -> dict[str, object]:
    """The machine that runs the benchmark, and its load."""
    models = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return {
        "date": datetime.now(UTC).isoformat(timespec="minutes"),
        "cpu": models[0] if models else platform.processor(),
        "cores": os.cpu_count(),
        "shared": True,
        "load_average": os.getloadavg(),
        "python": platform.python_version(),
        "system": platform.platform(),
    }

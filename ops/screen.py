"""What operators see: names as they were given, and tables as wide as they need to be."""

from rich.console import Console
from rich.table import Table

# Names are shown as they were given, whatever Rich would make of their brackets and colons.
console = Console(highlight=False, markup=False, emoji=False)


def show(rows: Table) -> None:
    """Print a table whole, in a narrow window and in a pipe too: half an id is of no use."""
    unbounded = console.options.update(max_width=10_000)
    console.width = max(console.width, console.measure(rows, options=unbounded).maximum)
    console.print(rows)

"""What operators see: names as they were given, and lines and tables as wide as they need to be."""

import sys
from io import TextIOWrapper

from rich.console import Console
from rich.table import Table

# Names are shown as they were given, whatever Rich would make of their brackets and colons. Lines
# are never broken: an id, or a command to paste, must be whole.
console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)

LONGEST_LINE = 500


def show(rows: Table) -> None:
    """Print a table with every cell whole, in a narrow terminal and in a pipe too."""
    unbounded = console.options.update(max_width=sys.maxsize)
    rows.width = console.measure(rows, options=unbounded).maximum
    console.print(rows, crop=False)


def print_anywhere() -> None:
    """Print escapes for the characters that the output's encoding does not have."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def one_line(text: str) -> str:
    """The text as one line that any terminal can print: escapes for what is not printable.

    At most 500 characters of it, then an ellipsis.
    """
    shown = text if len(text) <= LONGEST_LINE else f"{text[:LONGEST_LINE]}…"
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in shown)

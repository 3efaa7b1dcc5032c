"""The command line's output: names printed literally, lines and tables never cut or wrapped."""

import sys
from io import TextIOWrapper

from rich.console import Console
from rich.table import Table

# Without Rich's markup and emoji, because names may contain brackets and colons. Without wrapping,
# because ids and commands are copied from the output.
console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)

LONGEST_LINE = 500


def show(rows: Table) -> None:
    """Print a table without cutting cells, in a narrow terminal or a pipe too."""
    unbounded = console.options.update(max_width=sys.maxsize)
    rows.width = console.measure(rows, options=unbounded).maximum
    console.print(rows, crop=False)


def print_anywhere() -> None:
    """Print escapes for characters that the output's encoding does not have."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def one_line(text: str) -> str:
    """The text as one line, with escapes for characters that are not printable.

    At most 500 characters of it, then an ellipsis.
    """
    shown = text if len(text) <= LONGEST_LINE else f"{text[:LONGEST_LINE]}…"
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in shown)

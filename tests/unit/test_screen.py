"""What operators see is whole: in a narrow window, in a terminal without abilities, in a pipe."""

import sys
from io import BytesIO, TextIOWrapper

import pytest
from rich.table import Table

from ops.screen import console, one_line, print_anywhere, show

ID = "ptr_" + "0" * 32
NAMES = [
    "x" * 64,
    "李" * 64,
    "two words " * 6 + "ends",
    "[bold]:car: Ünï & Söhne[/]",
    "\U0001f697" * 64,
]


@pytest.fixture(params=["xterm-256color", "dumb", "pipe"])
def printed_to(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of 80 columns; a dumb one, which has 80 for Rich, always; or a pipe."""
    monkeypatch.setenv("COLUMNS", "80")
    if request.param == "pipe":
        monkeypatch.delenv("FORCE_COLOR", raising=False)
    else:
        monkeypatch.setenv("TERM", request.param)
        monkeypatch.setenv("FORCE_COLOR", "1")


@pytest.mark.usefixtures("printed_to")
@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_names_and_ids_in_a_table_are_never_cut_or_broken(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    rows = Table("id", "name", "parent")
    rows.add_row(ID, name, ID)
    show(rows)
    [row] = [line for line in capsys.readouterr().out.splitlines() if ID in line]
    assert [cell.strip() for cell in row.split("│")] == ["", ID, name, ID, ""]


@pytest.mark.usefixtures("printed_to")
def test_a_line_is_never_broken(capsys: pytest.CaptureFixture[str]) -> None:
    command = f"motorpool client revoke {ID} --partner {ID} --old"
    console.print(command)
    assert capsys.readouterr().out == f"{command}\n"


def test_what_the_outputs_encoding_does_not_have_is_printed_as_escapes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = BytesIO()
    monkeypatch.setattr(sys, "stdout", TextIOWrapper(written, encoding="ascii"))
    print_anywhere()
    console.print("李 \udce9")
    assert written.getvalue() == b"\\u674e \\udce9\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("There is no such partner", "There is no such partner"),
        ("a\nb\x1b[2J", r"a\nb\x1b[2J"),
        ("caf\udce9", r"caf\udce9"),
        ("李", "李"),
        ("x" * 100_000, "x" * 500 + "…"),
    ],
    ids=lambda text: ascii(text)[:20],
)
def test_why_a_command_failed_is_one_line_that_a_terminal_can_print(text: str, line: str) -> None:
    assert one_line(text) == line

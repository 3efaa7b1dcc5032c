"""The operator's command line as tests run it: in this process, with what it printed."""

import sys
from collections.abc import Callable

import pytest

from ops import cli

Run = Callable[..., str]


def command_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *always: str
) -> Run:
    """Runs the command with arguments; what it printed, or why it ended (in `fails`)."""

    def motorpool(*arguments: str, fails: bool = False) -> str:
        monkeypatch.setattr(sys, "argv", ["motorpool", *always, *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = "".join(capsys.readouterr())
        assert (ended.value.code not in {0, None}) == fails, f"{ended.value.code}\n{printed}"
        return f"{ended.value.code}\n{printed}" if fails else printed

    return motorpool

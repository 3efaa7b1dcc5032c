"""`make demo` plays its day to the end, and says so when there is no stack to play it on."""

import os
from pathlib import Path
from typing import Any

import pytest

from infra.local.stack import LocalStack
from ops import demo


@pytest.fixture
def folder(local_stack: LocalStack, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = Path(os.environ["MOTORPOOL_STACK"]).parent
    monkeypatch.setattr(demo, "LOCAL", folder)
    return folder


def test_the_day_ends_with_a_confirmed_check_in(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.main()
    printed = capsys.readouterr().out
    for step in ("create/by-vin → 200", "photo/upload → 200", "checkin/mileage → 200"):
        assert step in printed
    assert '"photoStatus": "Ready"' in printed
    assert '"latitude": 37.779' in printed
    assert '"checkInStatus": "Confirmed"' in printed.rpartition("review → 200")[2]


def test_without_a_stack_the_newcomer_is_told_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setattr(demo, "LOCAL", tmp_path)
    with pytest.raises(SystemExit, match="make run"):
        demo.main()

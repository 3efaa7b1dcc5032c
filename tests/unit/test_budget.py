"""Everything that a request does again draws on one budget of tries and time."""

import time

import pytest

from motorpool import budget


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    return pauses


def test_the_first_try_is_at_once_and_each_other_after_a_pause(slept: list[float]) -> None:
    assert len(list(budget.tries())) == budget.TRIES
    assert len(slept) == budget.TRIES - 1
    assert all(0 <= pause <= budget.LONGEST_PAUSE for pause in slept)
    assert len(set(slept)) > 1


def test_loops_within_each_other_have_no_more_tries_than_one() -> None:
    with budget.of_one_request():
        rounds = sum(1 for _ in budget.tries() for _ in budget.tries())
    assert rounds <= budget.TRIES + 1


def test_loops_outside_a_request_have_a_budget_each() -> None:
    for _ in range(2):
        assert len(list(budget.tries())) == budget.TRIES


def test_nothing_is_tried_again_when_the_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    with budget.of_one_request():
        rounds = 0
        for _ in budget.tries():
            rounds += 1
            clock[0] += budget.SECONDS * 0.4
        assert rounds == 3
        assert not budget.allows_another_try()

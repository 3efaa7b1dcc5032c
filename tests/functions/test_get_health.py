"""GET /health: an answer to anybody, which touches nothing."""

from collections.abc import Callable

from tests.functions.conftest import Caller


def test_anybody_is_answered_without_a_call(somebody: Callable[[], Caller]) -> None:
    answer = somebody().calls()
    assert (answer.status, answer.body, answer.calls) == (200, {"status": "ok"}, ())

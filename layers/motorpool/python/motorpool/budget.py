"""One retry budget, in time and attempts, for everything that a request repeats.

It covers repeated decisions, the unprocessed keys of a batch read, and botocore's retries. The time
fits a function's 25 s: a retry that starts at the last moment takes up to 3 s (S3: 6 s), and two
calls with one attempt each may follow. The messages of a batch have attempts of their own, but
share the time; messages that have not started by then are delivered again.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from random import SystemRandom

# A conflict means that another writer succeeded. 16 attempts with these pauses take about 3 s.
TRIES = 16
LONGEST_PAUSE = 0.4
SECONDS = 10.0

_random = SystemRandom()


@dataclass(slots=True)
class Budget:
    """The budget of one request: the attempts that are left, and when it began."""

    tries: int = TRIES
    began: float = field(default_factory=lambda: time.monotonic())

    @property
    def is_spent(self) -> bool:
        """Whether no further attempt is allowed."""
        return self.tries <= 0 or time.monotonic() - self.began >= SECONDS


_of_the_request: ContextVar[Budget | None] = ContextVar("budget", default=None)


@contextmanager
def of_one_request(*, began: float | None = None) -> Iterator[Budget]:
    """Everything inside shares one budget.

    `began`: the `time.monotonic()` at which its time starts; by default now.
    """
    budget = Budget() if began is None else Budget(began=began)
    token = _of_the_request.set(budget)
    try:
        yield budget
    finally:
        _of_the_request.reset(token)


def tries() -> Iterator[None]:
    """Yield once for each attempt, with pauses of up to 0.4 s between them, within the budget.

    The first attempt is always allowed. Outside a request, each loop has a budget of its own.
    """
    budget = _of_the_request.get() or Budget()
    while True:
        yield
        budget.tries -= 1
        if budget.is_spent:
            return
        time.sleep(_random.uniform(0, LONGEST_PAUSE))


def allows_another_try() -> bool:
    """Count a failed attempt; whether the current request, if any, may make another."""
    budget = _of_the_request.get()
    if budget is None:
        return True
    budget.tries -= 1
    return not budget.is_spent

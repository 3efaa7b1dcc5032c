"""One budget of time and tries for everything that a request does again.

Decisions that are made anew, keys that a batch read left over, and botocore's tries of a call all
draw on it. A function has 25 s: a try that begins at the last moment waits for 3 s (S3: 6 s), and
two calls may follow that get one try each. The messages of a batch have their own tries and share
the time; what has not begun by then comes again.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from random import SystemRandom

# Each time, somebody else's change has got through. 16 tries with these pauses take about 3 s.
TRIES = 16
LONGEST_PAUSE = 0.4
SECONDS = 10.0

_random = SystemRandom()


@dataclass(slots=True)
class Budget:
    """What is left to one request: tries, and seconds since it began."""

    tries: int = TRIES
    began: float = field(default_factory=lambda: time.monotonic())

    @property
    def is_spent(self) -> bool:
        """Whether nothing may be tried again."""
        return self.tries <= 0 or time.monotonic() - self.began >= SECONDS


_of_the_request: ContextVar[Budget | None] = ContextVar("budget", default=None)


@contextmanager
def of_one_request(*, began: float | None = None) -> Iterator[Budget]:
    """What is done inside shares one budget.

    `began`: the `time.monotonic()` from which its time counts; now, unless given.
    """
    budget = Budget() if began is None else Budget(began=began)
    token = _of_the_request.set(budget)
    try:
        yield budget
    finally:
        _of_the_request.reset(token)


def tries() -> Iterator[None]:
    """A first try at once, more after pauses of up to 0.4 s; ends when the budget is spent.

    Outside a request, each loop has a budget of its own.
    """
    budget = _of_the_request.get() or Budget()
    while True:
        yield
        budget.tries -= 1
        if budget.is_spent:
            return
        time.sleep(_random.uniform(0, LONGEST_PAUSE))


def allows_another_try() -> bool:
    """Count a try that failed. Whether the request under way, if there is one, may try again."""
    budget = _of_the_request.get()
    if budget is None:
        return True
    budget.tries -= 1
    return not budget.is_spent

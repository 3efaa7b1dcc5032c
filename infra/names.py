"""The names of an environment's stacks and resources.

Several environments can be in one account: what has a fixed name has the environment's name in it.
The table, the buckets, the queues and the secrets have no fixed names, because a retained one would
be in the way of the next first deployment; CloudFormation begins most of their names with the
stack's.
"""

import re
from dataclasses import dataclass
from typing import Literal

from motorpool.telemetry import SERVICE

# In the order of deployment.
Part = Literal["data", "workers", "partner", "supplier", "domain", "monitoring"]

# A function's name has at most 64 characters.
ENVIRONMENT = re.compile("[a-z][a-z0-9]{0,15}")


class InvalidEnvironment(ValueError):
    """The environment's name cannot be part of other names."""


@dataclass(frozen=True, slots=True)
class Names:
    """`environment`: 1 to 16 small letters and digits, a letter first; empty: the default one.

    Raises InvalidEnvironment.
    """

    environment: str = ""

    def __post_init__(self) -> None:
        if self.environment and not ENVIRONMENT.fullmatch(self.environment):
            raise InvalidEnvironment(
                f"'{self.environment}' cannot be an environment's name: it needs 1 to 16 small "
                "letters and digits, and a letter first"
            )

    @property
    def title(self) -> str:
        """The name of the dashboard, and the beginning of the stacks' names."""
        return self._joined(SERVICE.capitalize())

    @property
    def metrics(self) -> str:
        """The namespace of the metrics that functions write."""
        return self._joined(SERVICE.capitalize(), by="/")

    @property
    def usage_plan(self) -> str:
        """The name of the usage plan, by which the operators' command line finds it."""
        return f"{self.title}-clients"

    def stack(self, part: Part) -> str:
        """The name of one of the stacks."""
        return f"{self.title}-{part}"

    def of(self, thing: str) -> str:
        """The name of a function (its folder's name) or of an API."""
        return f"{self._joined(SERVICE)}-{thing}"

    def _joined(self, first: str, by: str = "-") -> str:
        return by.join(filter(None, (first, self.environment)))


# The environment that has no name: the local one, and on AWS the one without `-c environment=`.
DEFAULT = Names()

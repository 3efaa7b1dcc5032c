"""Which queues are told of which of the table's items, and in what words.

A consumer's `route.py` says it. The dispatcher has the rules of all consumers in a variable.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache

from motorpool.dynamodb.stream import Change, What

VARIABLE = "DISPATCH_RULES"
# What a deleted item's record has of it.
KEY = {"pk", "sk"}
# As SQS accepts it as the name of a message group.
GROUP = re.compile("[!-~]{1,128}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """Items that a consumer gets a message about.

    `pk`, `sk`: what their keys begin with. `when`: when they are new, or when DynamoDB deleted them
    because they expired. `where`: attributes that they must have, with their values. `message`: the
    fields of the message, each with the name of the attribute that it has the value of. `group`:
    the attribute that names the message group; groups take turns, so that with the partner's id no
    partner's backlog delays another's. Of an expired item there are no attributes but its key.
    Raises ValueError.
    """

    pk: str = ""
    sk: str = ""
    when: What = "new"
    where: Mapping[str, str] = field(default_factory=dict)
    message: Mapping[str, str]
    group: str | None = None

    def __post_init__(self) -> None:
        if not (self.pk or self.sk):
            raise ValueError("a rule needs the beginning of a pk or of an sk")
        named = {*self.where, *self.message.values(), *filter(None, [self.group])}
        if self.when == "expired" and named - KEY:
            raise ValueError(f"the stream does not tell {named - KEY} of an expired item")

    def have(self, change: Change) -> bool:
        """Whether the changed item is one of them, by its key."""
        pk, sk = change.key
        return change.what == self.when and pk.startswith(self.pk) and sk.startswith(self.sk)


@dataclass(frozen=True, slots=True)
class Message:
    """A message for a queue. `group`: its message group, if it has one."""

    body: str
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A queue, and what its consumer is told of."""

    queue: str
    items: Items

    def message_about(self, change: Change) -> Message | None:
        """The message that the queue gets about a change; None when it is told of others.

        Raises one of ILLEGIBLE.
        """
        if not self.items.have(change):
            return None
        item = change.item
        if any(item.get(name) != value for name, value in self.items.where.items()):
            return None
        said = {name: item[attribute] for name, attribute in self.items.message.items()}
        wrong = [name for name, value in said.items() if not isinstance(value, str | int | tuple)]
        if wrong:
            raise TypeError(f"{wrong} are neither text, whole numbers nor lists")
        body = json.dumps(said)
        if self.items.group is None:
            return Message(body)
        group = item[self.items.group]
        if not GROUP.fullmatch(group):
            raise ValueError(f"{group!r} cannot be a message group")
        return Message(body, group)


def as_text(rules: Iterable[Rule]) -> str:
    """The rules as the variable has them."""
    return json.dumps([{"queue": rule.queue, **asdict(rule.items)} for rule in rules])


@cache
def from_text(text: str) -> tuple[Rule, ...]:
    """The rules in the text of the variable."""
    return tuple(Rule(rule.pop("queue"), Items(**rule)) for rule in json.loads(text))

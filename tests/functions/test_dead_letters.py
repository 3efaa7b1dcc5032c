"""`motorpool dead-letters`: it lists every queue's dead letters; a redrive loses none."""

import os
from typing import Any, get_args

import pytest

from infra.outputs import VARIABLES
from infra.spec import Queue
from motorpool.clock import now_ms
from motorpool.messages import queues
from motorpool.messages.rules import Message
from ops import dead_letters
from ops.target import Target
from tests.e2e.operators import Run, command_line
from tests.functions import wire

MANY = 23


@pytest.fixture(autouse=True)
def _queues_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dead_letters, "WAIT_SECONDS", 0)
    mark = os.environ["TABLE_NAME"]
    for variable in VARIABLES:
        if variable.endswith("_QUEUE_URL"):
            made = wire.aws("sqs").create_queue(QueueName=f"{mark}-{variable}")
            monkeypatch.setenv(variable, made["QueueUrl"])


@pytest.fixture
def motorpool(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line, operating on moto as on an account."""
    outputs = {output: os.environ.get(variable, "") for variable, output in VARIABLES.items()}
    monkeypatch.setattr(Target, "_outputs", lambda _: outputs)
    return command_line(monkeypatch, capsys, "--aws")


def died(source: str, *bodies: str, group: str | None = None) -> None:
    """Put messages into a dead-letter queue."""
    for body in bodies:
        queues.send_batch(dead_letters.url_of(source), [Message(body, group)])


def taken(url: str) -> list[tuple[str, str | None]]:
    """Body and group of each message in a queue; they are hidden afterwards."""
    found: list[tuple[str, str | None]] = []
    while (
        some := wire.aws("sqs")
        .receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["MessageGroupId"])
        .get("Messages")
    ):
        found += [(m["Body"], m.get("Attributes", {}).get("MessageGroupId")) for m in some]
    return sorted(found)


def refusing(monkeypatch: pytest.MonkeyPatch, *bodies: str) -> None:
    """Make the live queues refuse messages with these bodies."""
    send = queues.send_batch

    def refused(url: str, messages: Any) -> dict[int, str]:
        bad = {place: "Busy" for place, each in enumerate(messages) if each.body in bodies}
        send(url, [each for place, each in enumerate(messages) if place not in bad])
        return bad

    monkeypatch.setattr(queues, "send_batch", refused)


@pytest.mark.parametrize("queue", get_args(Queue))
def test_a_redrive_sends_every_message_to_its_queue_again_in_its_group(
    motorpool: Run, queue: str
) -> None:
    bodies = [f"message {n:02d}" for n in range(MANY)]
    died(queue, *bodies, group="ptr_1")
    died(queue, "of no group")
    assert f"{MANY + 1} sent again" in motorpool("dead-letters", "redrive", queue)
    assert dead_letters.waiting_in(queue) == 0
    sent = taken(queues.url_of(queue))
    assert sent == [*((body, "ptr_1") for body in bodies), ("of no group", None)]
    others = [name for name in get_args(Queue) if name != queue]
    assert [taken(queues.url_of(other)) for other in others] == [[]] * len(others)


def test_all_dead_letter_queues_are_listed_with_what_is_in_them(
    motorpool: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    died("events", "a", "b")
    died("stream", "{}")
    now = now_ms()
    monkeypatch.setattr(dead_letters, "now_ms", lambda: now + (26 * 3600 + 61) * 1000)
    for _ in range(2):  # to look at messages does not hide them
        printed = motorpool("dead-letters")
        cells = [[c.strip() for c in line.split("│")[1:-1]] for line in printed.splitlines()]
        rows = {row[0]: row[1:] for row in cells if row}
        assert rows.keys() == {*get_args(Queue), "stream"}
        assert [rows[name][0] for name in ("events", "stream", "uploads")] == ["2", "1", "0"]
        assert rows["events"][1].startswith("1 day, 2:01:0")
        assert rows["uploads"][1] == ""


def test_a_dry_run_shows_the_messages_and_leaves_them_where_they_are(motorpool: Run) -> None:
    died("events", *(f"message {n:02d}" for n in range(MANY)), "two\nlines")
    for _ in range(2):
        printed = motorpool("dead-letters", "redrive", "events", "--dry-run")
        assert f"{MANY + 1} would be sent again" in printed
        assert "message 00" in printed
        assert r"two\nlines" in printed
    assert len(taken(dead_letters.url_of("events"))) == MANY + 1
    assert taken(queues.url_of("events")) == []


def test_no_more_is_sent_again_than_was_asked_for(motorpool: Run) -> None:
    died("events", *(f"message {n:02d}" for n in range(MANY)))
    assert "12 sent again" in motorpool("dead-letters", "redrive", "events", "--most", "12")
    assert len(taken(queues.url_of("events"))) == 12
    assert len(taken(dead_letters.url_of("events"))) == MANY - 12


def test_a_message_that_the_queue_refuses_stays_in_the_dead_letter_queue(
    motorpool: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    died("events", "a", "b", "c")
    refusing(monkeypatch, "b")
    printed = motorpool("dead-letters", "redrive", "events", fails=True)
    assert "2 sent again" in printed
    assert "1 kept" in printed
    assert taken(queues.url_of("events")) == [("a", None), ("c", None)]
    assert taken(dead_letters.url_of("events")) == [("b", None)]


def test_messages_are_not_lost_when_the_queue_cannot_be_reached(
    motorpool: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    died("events", "a", "b")

    def unreachable(url: str, messages: Any) -> dict[int, str]:
        raise ConnectionError

    monkeypatch.setattr(queues, "send_batch", unreachable)
    with pytest.raises(ConnectionError):
        dead_letters.redrive("events")
    assert dead_letters.waiting_in("events") == 2


def test_a_message_that_comes_back_during_the_redrive_is_not_sent_a_second_time(
    motorpool: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    died("events", *(f"message {n:02d}" for n in range(MANY)))
    send = queues.send_batch

    def bouncing(url: str, messages: Any) -> dict[int, str]:
        return send(dead_letters.url_of("events"), messages)

    monkeypatch.setattr(queues, "send_batch", bouncing)
    assert f"{MANY} sent again" in motorpool("dead-letters", "redrive", "events")
    assert dead_letters.waiting_in("events") == MANY


def test_records_of_the_stream_cannot_be_sent_again(motorpool: Run) -> None:
    died("stream", "{}")
    assert "stream" in motorpool("dead-letters", "redrive", "stream", fails=True)
    assert dead_letters.waiting_in("stream") == 1


def test_a_stack_from_before_the_queue_is_told_to_be_deployed_first(
    motorpool: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Target, "_outputs", lambda _: {})
    monkeypatch.delenv("EVENTS_DEAD_LETTER_QUEUE_URL")
    printed = motorpool("dead-letters", "redrive", "events", fails=True)
    assert "deploy it first" in printed

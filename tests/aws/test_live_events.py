"""Live events over DynamoDB: changes made by some functions' processes are heard by readers through another's, in turns, while two publishers race to tell them."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from listbackup.backends.aws_client import Aws
from listbackup.base.errors import BackendError
from listbackup.http.permission import Bundle
from listbackup.testing import patience
from listbackup.testing.cloud_ground import GroundStage
from listbackup.testing.told import Told, read_turn

CHANGES = 12


@pytest.fixture
def stage(aws: Aws, tmp_path: Path) -> GroundStage:
    return GroundStage(aws, tmp_path, LIVE_HOLD_SECONDS="1", LIVE_RETRY_MS="100")


class Reader:
    """A browser's EventSource: comes back behind the last id that it saw. Every third answer is lost on the way, as when a phone changes its network."""

    def __init__(self, stage: GroundStage, key: str) -> None:
        self._stage, self._key, self._function = stage, key, stage.http("activity")
        self.place: str | None = None
        self.heard: list[Told] = []
        self.turns = 0

    def turn(self) -> None:
        """One request, and what it told."""
        back = {"Last_Event_ID": self.place} if self.place is not None else {}
        said = self._stage.ask(self._function, self._key, "GET", "/events", **back)
        assert said.status == 200, said.raw
        self.turns += 1
        if self.place is not None and self.turns % 3 == 0:
            return
        turn = read_turn(said.raw.decode())
        self.heard += turn.told
        self.place = turn.place

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Turn after turn beside the block, and a few behind it."""
        over = threading.Event()

        def listen() -> None:
            asyncio.set_event_loop(asyncio.new_event_loop())  # as a process of the function has one
            while not over.is_set():
                self.turn()
            asyncio.get_event_loop().close()

        self.turn()
        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def test_what_one_function_changes_is_heard_through_another_once_and_by_nobody_else(stage: GroundStage) -> None:
    deploy = stage.open(delivers=True)
    accounts = [deploy.accounts.create(name, actor="deploy") for name in ("Ours", "Theirs")]
    scopes = [deploy.accounts.enter(one.id, actor="deploy") for one in accounts]
    ours, theirs = (deploy.api_keys.create(scope, name="owner", permissions=tuple(Bundle)).text.reveal() for scope in scopes)
    deploy.tell_all()
    begun = [deploy.activities.last(scope) for scope in scopes]
    here, there, writing, over = Reader(stage, ours), Reader(stage, theirs), stage.http("sources"), threading.Event()

    def tell() -> None:
        while not over.is_set():
            with suppress(BackendError):  # two at once: the stream gives the same records again
                stage.publish()

    publishers = [threading.Thread(target=tell) for _ in range(2)]
    with here.listening(), there.listening():
        try:
            for one in publishers:
                one.start()
            for number in range(CHANGES):
                key = theirs if number == CHANGES // 2 else ours
                made = stage.ask(writing, key, "POST", "/source-groups", {"name": f"group {number}"})
                assert made.status == 201, made.raw
                time.sleep(0.1 * (number % 4))
            patience.until(lambda: (len(here.heard), len(there.heard)), lambda now: now[0] >= CHANGES - 1 and now[1] >= 1, seconds=120)
        finally:
            over.set()
            for one in publishers:
                one.join()
    for reader, scope, first in zip((here, there), scopes, begun, strict=True):
        last = deploy.activities.last(scope)
        assert [one.id for one in reader.heard] == list(range(first + 1, last + 1))
    assert (len(here.heard), len(there.heard)) == (CHANGES - 1, 1)
    assert {one.event for one in (*here.heard, *there.heard)} == {"source_group.created"}

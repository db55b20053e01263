"""Files of records: fetched once, a few at a time, again only when they changed; what fails is said and tried again."""

from __future__ import annotations

import threading

import pytest

from listbackup.base.errors import PlatformError, PlatformFault
from listbackup.base.secret import Secret
from listbackup.connectors.engine.record import Key
from listbackup.services.runs import Means, Run, RunState, StreamState, Work
from listbackup.testing.platform import FakeConnector, FakePlatform, fake_platform, fake_stream
from listbackup.testing.system import Rooms, rooms


@pytest.fixture
def world() -> FakePlatform:
    made = fake_platform(fake_stream("documents", attachments=True))
    for number in range(1, 13):
        made.files[f"u{number}"] = b"%d" % number * (number * 997)
        made.put("documents", number, name=f"document {number}", file=f"u{number}", file_version=1)
    return made


@pytest.fixture
def house(world: FakePlatform) -> Rooms:
    made = rooms([FakeConnector(world)], means=Means(maintain=False))
    made.connections.create(made.scope, platform="fake", name="shop", values={}, secrets={"token": Secret("good")})
    made.sources.create(made.scope, connection="shop", name="crm")
    return made


def back_up(house: Rooms, *, full: bool = False) -> Run:
    return house.runs.backup(house.scope, "crm", Work(owner="test"), full=full)


def content(house: Rooms, key: int) -> bytes:
    (info,) = house.data.attachments(house.scope, "crm", "documents", (key,))
    return b"".join(house.data.open_attachment(house.scope, "crm", info.id))


def fetched(world: FakePlatform) -> list[str]:
    seen: list[str] = []
    lock = threading.Lock()

    def before(name: str, _stream: str, key: Key) -> None:
        if name == "attachment":
            with lock:
                seen.append(str(key[0]))

    world.before = before
    return seen


def test_every_file_is_kept_bit_for_bit(house: Rooms, world: FakePlatform) -> None:
    run = back_up(house)
    assert run.state is RunState.SUCCEEDED, run.message
    assert [content(house, number) for number in range(1, 13)] == [world.files[f"u{number}"] for number in range(1, 13)]
    assert run.streams[0].attachments == 12


def test_a_file_whose_version_is_known_is_not_fetched_again(house: Rooms, world: FakePlatform) -> None:
    back_up(house)
    seen = fetched(world)
    back_up(house, full=True)
    assert seen == []
    world.files["u3"] = b"new bytes"
    world.put("documents", 3, file_version=2)
    back_up(house)
    assert seen == ["u3"]
    assert content(house, 3) == b"new bytes"


def test_a_file_that_is_gone_is_a_problem_of_its_record_only(house: Rooms, world: FakePlatform) -> None:
    del world.files["u5"]
    run = back_up(house)
    assert (run.state, run.reason) == (RunState.PARTIAL, "attachment_gone")
    (problem,) = run.streams[0].problems
    assert problem.key == "5"
    assert (run.streams[0].state, run.streams[0].attachments, run.records) == (StreamState.PARTIAL, 11, 12)


def test_a_file_that_could_not_be_had_is_tried_again_at_the_next_run(house: Rooms, world: FakePlatform) -> None:
    def before(name: str, _stream: str, key: Key) -> None:
        if name == "attachment" and key[0] == "u7":
            raise PlatformError("time-out", fault=PlatformFault.UNREACHABLE)

    world.before = before
    assert back_up(house).reason == "attachment_unreachable"
    seen = fetched(world)
    healed = back_up(house)
    assert (healed.state, seen) == (RunState.SUCCEEDED, ["u7"])
    assert content(house, 7) == world.files["u7"]


def test_a_file_that_a_record_lets_go_is_no_longer_its_own(house: Rooms, world: FakePlatform) -> None:
    back_up(house)
    world.put("documents", 2, file="")
    back_up(house)
    assert house.data.attachments(house.scope, "crm", "documents", (2,)) == []
    assert len(house.data.attachments(house.scope, "crm", "documents", (2,), seq=1)) == 1


def test_refused_credentials_in_the_middle_of_files_stop_the_run(house: Rooms, world: FakePlatform) -> None:
    def before(name: str, _stream: str, key: Key) -> None:
        if name == "attachment":
            raise PlatformError("the token is refused", fault=PlatformFault.NEEDS_REAUTH, status=401)

    world.before = before
    run = back_up(house)
    assert run.reason == "needs_reauth"
    assert run.state in (RunState.FAILED, RunState.PARTIAL)

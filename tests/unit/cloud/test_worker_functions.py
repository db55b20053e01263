"""Runs, errands, ticks and events as functions: each call a process of its own, over what they share."""

import json
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from listbackup.backends.identity.port import Client
from listbackup.backends.table.lease import Leases
from listbackup.base.errors import PlatformError, PlatformFault
from listbackup.base.secret import Secret
from listbackup.bootstrap.system import System
from listbackup.processor.messages import RunMessage, encode
from listbackup.services.accounts import machine
from listbackup.services.data import SILENCE, ErrandKind, decode_order, order
from listbackup.services.jobs import Timetable
from listbackup.services.runs import RunState
from listbackup.testing.clock import ManualClock
from listbackup.testing.cloud import EventfulQueue, Invocation, MemoryStage
from listbackup.testing.identity import PASSWORD
from listbackup.testing.platform import FakeConnector, FakePlatform, fake_platform, fake_stream
from listbackup.worker.errands import MOST_DEATHS, ErrandHand
from listbackup.worker.functions import EventQueue, Tick
from listbackup.worker.watching import Watch


@pytest.fixture
def world() -> FakePlatform:
    made = fake_platform(fake_stream("contacts"))
    for number in range(1, 31):
        made.put("contacts", number, name=f"contact {number}")
    return made


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 3, 10, 12, 7, tzinfo=UTC))


@pytest.fixture
def stage(tmp_path: Path, world: FakePlatform, clock: ManualClock) -> MemoryStage:
    made = MemoryStage(tmp_path, [FakeConnector(world)], clock)
    made.system.connections.create(made.scope, platform="fake", name="shop", values={}, secrets={"token": Secret("good")})
    made.system.sources.create(made.scope, connection="shop", name="crm")
    return made


def backed_up(stage: MemoryStage) -> str:
    """The id of the source, which has a snapshot."""
    run = stage.system.runs.start(stage.scope, "crm")
    assert stage.ports.queue.drain(stage.work()) == 1
    assert stage.system.runs.get(stage.scope, run.id).state is RunState.SUCCEEDED
    return run.source


def snapshot_of(stage: MemoryStage, source: str) -> str:
    found: str = stage.ask("data", "GET", f"/sources/{source}/snapshots").json["items"][0]["id"]
    return found


def test_what_is_due_at_a_tick_becomes_a_run_that_a_function_carries_out(stage: MemoryStage, clock: ManualClock) -> None:
    stage.system.jobs.create(stage.scope, source="crm", timetable=Timetable(every=timedelta(minutes=15)))
    assert stage.tick()["started"] == 0
    clock.advance(timedelta(minutes=20))
    assert stage.tick()["started"] == 1
    assert stage.ports.queue.drain(stage.work()) == 1
    assert [run.state for run in stage.system.runs.list(stage.scope).items] == [RunState.SUCCEEDED]


def test_a_run_that_outlasts_a_call_stops_at_a_checkpoint_and_another_call_goes_on(stage: MemoryStage, world: FakePlatform) -> None:
    run = stage.system.runs.start(stage.scope, "crm")
    event = stage.ports.queue.event()
    assert event is not None
    world.before = lambda name, _stream, key: time.sleep(0.5) if name == "page" and key == (10,) else None
    a_tenth_before_its_end = Invocation(remaining_ms=60_100)
    assert stage.ports.queue.settle(event, stage.work()(event, a_tenth_before_its_end)) == []
    left = stage.system.runs.get(stage.scope, run.id)
    assert (left.state, left.attempt) == (RunState.QUEUED, 1)
    world.before = lambda *_: None
    stage.ports.queue.drain(stage.work())
    ended = stage.system.runs.get(stage.scope, run.id)
    assert (ended.state, ended.records) == (RunState.SUCCEEDED, 30)


def test_a_message_that_no_function_can_read_is_not_given_back_for_ever(stage: MemoryStage) -> None:
    stage.ports.queue.send("g", b"{}")
    stage.ports.queue.send("h", encode(RunMessage(account="acc_none", run="run_none")))
    stage.ports.queue.drain(stage.work())
    assert stage.ports.queue.depth() == 0


def test_in_maintenance_a_run_waits_without_being_counted_as_failed(stage: MemoryStage, clock: ManualClock) -> None:
    run = stage.system.runs.start(stage.scope, "crm")
    stage.system.installation.maintenance.switch(stage.scope, on=True, reason="moving")
    stage.ports.queue.drain(stage.work())
    assert (stage.ports.queue.depth(), stage.system.runs.get(stage.scope, run.id).state) == (0, RunState.QUEUED)
    stage.system.installation.maintenance.switch(stage.scope, on=False, reason="")
    clock.advance(timedelta(minutes=6))
    stage.tick()
    stage.ports.queue.drain(stage.work())
    assert stage.system.runs.get(stage.scope, run.id).state is RunState.SUCCEEDED


def test_messages_behind_one_that_stays_stay_too(clock: ManualClock, stage: MemoryStage) -> None:
    """SQS would break their order otherwise: one group, reported in order."""
    queue = EventfulQueue(clock)
    for number in range(3):
        queue.send(f"g{number % 2}", b"%d" % number)
    first = queue.event(most=2)
    assert first is not None
    records = [*first["Records"], {**first["Records"][0], "messageId": "later"}]
    received = EventQueue(queue, records)
    one, two = received.receive(lease=timedelta(seconds=60)), received.receive(lease=timedelta(seconds=60))
    received.ack(two[0].receipt)
    assert received.receive(lease=timedelta(seconds=60)) == []
    assert received.report() == {"batchItemFailures": [{"itemIdentifier": "later"}, {"itemIdentifier": one[0].id}]}


def test_an_export_asked_for_over_http_is_made_by_the_errands_function(stage: MemoryStage) -> None:
    snapshot = snapshot_of(stage, backed_up(stage))
    made = stage.ask("data", "POST", "/exports", {"snapshot": snapshot, "format": "jsonl"})
    assert (made.status, made.json["working"]) == (202, True)
    assert stage.ports.errand_queue.drain(stage.run_errand()) == 1
    shown = stage.ask("data", "GET", f"/exports/{made.json['id']}").json
    assert (shown["state"], shown["working"], shown["records"]) == ("done", False, 30)


def test_a_restore_and_its_undoing_are_carried_out_one_behind_the_other(stage: MemoryStage, world: FakePlatform) -> None:
    source = backed_up(stage)
    world.drop("contacts", 3)
    snapshot = snapshot_of(stage, source)
    begun = stage.ask("data", "POST", "/restores", {"snapshot": snapshot, "streams": ["contacts"]})
    assert begun.status == 202, begun.raw
    at = f"/restores/{begun.json['id']}"
    assert stage.ask("data", "POST", f"{at}/resume").status == 409  # it is under way
    stage.ports.errand_queue.drain(stage.run_errand())
    assert stage.ask("data", "GET", at).json["state"] == "done"
    assert stage.ask("data", "POST", f"{at}/undo").status == 202
    stage.ports.errand_queue.drain(stage.run_errand())
    shown = stage.ask("data", "GET", at).json
    assert (shown["state"], shown["working"]) == ("undone", False)


def test_an_errand_whose_time_is_over_is_sent_on(stage: MemoryStage) -> None:
    snapshot = snapshot_of(stage, backed_up(stage))
    made = stage.ask("data", "POST", "/exports", {"snapshot": snapshot, "format": "jsonl"}).json
    (message,) = stage.ports.errand_queue.receive(lease=timedelta(minutes=1))
    over = threading.Event()
    over.set()
    ErrandHand(stage.open(), stage.errands, stage.ports.errand_queue).carry_out(decode_order(message.body), message, over)
    stage.ports.errand_queue.ack(message.receipt)
    assert stage.ask("data", "GET", f"/exports/{made['id']}").json["working"]
    stage.ports.errand_queue.drain(stage.run_errand())
    assert stage.ask("data", "GET", f"/exports/{made['id']}").json["state"] == "done"


def test_what_a_killed_errand_left_is_taken_up_by_the_message_that_comes_again(stage: MemoryStage, clock: ManualClock) -> None:
    snapshot = snapshot_of(stage, backed_up(stage))
    made = stage.ask("data", "POST", "/exports", {"snapshot": snapshot, "format": "jsonl"}).json
    assert stage.ports.errand_queue.event() is not None  # and the process dies
    clock.advance(timedelta(hours=2))
    stage.ports.errand_queue.drain(stage.run_errand())
    assert stage.ask("data", "GET", f"/exports/{made['id']}").json["state"] == "done"


def die_with(stage: MemoryStage, thing: str, lease: str = "") -> None:
    """What is left of a process that was killed with the only errand in hand, when SQS gives its message back: it began, and still has the lease."""
    (message,) = stage.ports.errand_queue.receive(lease=timedelta(minutes=1))
    stage.errands.begin(thing)
    if lease:
        Leases(stage.ports.tables, stage.clock).acquire(lease, "the dead", timedelta(minutes=2))
    stage.ports.errand_queue.release(message.receipt)


def test_an_errand_whose_process_died_is_taken_over_as_soon_as_its_message_comes_again(stage: MemoryStage) -> None:
    snapshot = snapshot_of(stage, backed_up(stage))
    made = stage.ask("data", "POST", "/exports", {"snapshot": snapshot, "format": "jsonl"}).json
    die_with(stage, made["id"], f"export/{stage.scope.account}/{made['id']}")
    stage.ports.errand_queue.drain(stage.run_errand())
    shown = stage.ask("data", "GET", f"/exports/{made['id']}").json
    assert (shown["state"], shown["working"], shown["records"]) == ("done", False, 30)


def test_a_thing_that_nobody_has_in_hand_any_more_is_not_said_to_be_worked_on(stage: MemoryStage, clock: ManualClock) -> None:
    snapshot = snapshot_of(stage, backed_up(stage))
    made = stage.ask("data", "POST", "/exports", {"snapshot": snapshot, "format": "jsonl"}).json
    stage.errands.begin(made["id"])
    clock.advance(SILENCE - timedelta(seconds=1))
    assert stage.errands.is_active(made["id"])
    clock.advance(timedelta(seconds=2))
    assert not stage.ask("data", "GET", f"/exports/{made['id']}").json["working"]


def test_what_killed_every_process_that_took_it_is_given_up_with_a_reason(stage: MemoryStage) -> None:
    source = backed_up(stage)
    snapshot = snapshot_of(stage, source)
    export = stage.ask("data", "POST", "/exports", {"snapshot": snapshot, "format": "jsonl"}).json["id"]
    asked = {
        export: f"/exports/{export}",
        f"verify/{snapshot}": f"/snapshots/{snapshot}/verification",
        f"prune/{source}": f"/sources/{source}/prune",
    }
    stage.ask("data", "POST", f"/snapshots/{snapshot}/verify", {"sample": 5})
    stage.ask("data", "POST", f"/sources/{source}/prune", {"confirmed": True})
    restore = stage.ask("data", "POST", "/restores", {"snapshot": snapshot, "streams": ["contacts"]}).json["id"]
    for thing in (*asked, restore):
        for _ in range(MOST_DEATHS):
            stage.errands.begin(thing)
    stage.ports.errand_queue.drain(stage.run_errand())
    ended = [stage.ask("data", "GET", path).json for path in asked.values()]
    assert {(one["state"], one["message"], one["working"]) for one in ended} == {("failed", "It was interrupted too often.", False)}
    shown = stage.ask("data", "GET", f"/restores/{restore}").json
    assert (shown["state"], shown["working"], shown["message"]) == ("running", False, "It was interrupted too often.")
    stage.ask("data", "POST", f"/restores/{restore}/resume")
    stage.ports.errand_queue.drain(stage.run_errand())
    shown = stage.ask("data", "GET", f"/restores/{restore}").json
    assert (shown["state"], shown["message"]) == ("done", None)


def test_what_was_sent_on_in_good_order_counts_no_death(stage: MemoryStage) -> None:
    said = order(ErrandKind.EXPORT, stage.scope, "exp_1")
    for _ in range(5):
        assert stage.errands.begin("exp_1") == 0
        stage.errands.again(said)


def test_why_a_restore_was_interrupted_is_told(stage: MemoryStage, world: FakePlatform) -> None:
    snapshot = snapshot_of(stage, backed_up(stage))
    world.drop("contacts", 3)
    restore = stage.ask("data", "POST", "/restores", {"snapshot": snapshot, "streams": ["contacts"]}).json["id"]

    def refuse(*_: object) -> None:
        raise PlatformError("the platform says no", fault=PlatformFault.REFUSED)

    world.before = refuse
    stage.ports.errand_queue.drain(stage.run_errand())
    shown = stage.ask("data", "GET", f"/restores/{restore}").json
    assert (shown["state"], shown["working"], shown["message"]) == ("running", False, "the platform says no")


def test_verifications_and_prunes_are_found_again_by_their_words(stage: MemoryStage) -> None:
    source = backed_up(stage)
    snapshot = snapshot_of(stage, source)
    assert stage.ask("data", "POST", f"/snapshots/{snapshot}/verify", {"sample": 5}).status == 202
    assert stage.ask("data", "POST", f"/sources/{source}/prune", {"confirmed": True}).status in (200, 202)
    stage.ports.errand_queue.drain(stage.run_errand())
    assert stage.ask("data", "GET", f"/snapshots/{snapshot}/verification").json["state"] == "done"
    assert stage.ask("data", "GET", f"/sources/{source}/prune").json["state"] == "done"


def test_an_order_says_in_whose_name_and_nothing_that_gives_power(stage: MemoryStage) -> None:
    said = order(ErrandKind.VERIFY, stage.scope, "snp_1")
    assert (said.account, said.actor, said.thing) == (stage.scope.account, "test", "verify/snp_1")


def test_what_functions_do_is_told_by_the_publisher_once_to_the_trail_and_to_the_bus(stage: MemoryStage) -> None:
    before = stage.system.activities.last(stage.scope)
    stage.ask("activity", "GET", "/activity/export")
    assert stage.system.activities.last(stage.scope) == before  # the function that acts does not tell
    heard: list[str] = []
    telling = stage.open(delivers=True)
    telling.hear_all(lambda event: heard.append(event.name))
    assert telling.tell_all(patient=False) == len(heard)
    assert heard[-1] == "activity.exported"
    assert stage.publish() == {"told": 0, "sent": 0}
    assert stage.system.activities.verify(stage.scope) is None


def test_a_letter_goes_out_with_what_is_told_and_does_not_wait_for_the_tick(stage: MemoryStage) -> None:
    stage.system.auth.register("ada@example.com", PASSWORD, Client(agent="test"))
    assert (stage.publish()["sent"], [one.to for one in stage.ports.mail.sent]) == (1, ["ada@example.com"])
    assert stage.publish()["sent"] == 0


def test_runs_that_end_are_counted_though_another_function_ran_them(stage: MemoryStage) -> None:
    backed_up(stage)
    stage.publish()
    assert 'listbackup_runs_total{state="succeeded"} 1' in stage.ask("system", "GET", "/system/metrics", key="").raw.decode()


def test_each_account_is_looked_after_once_in_five_ticks(stage: MemoryStage, clock: ManualClock) -> None:
    seen = 0
    for _ in range(5):
        seen += stage.tick()["accounts"]
        clock.advance(timedelta(minutes=1))
    assert seen == 1


class Hasty(ManualClock):
    """A clock on which two seconds pass whenever somebody looks how many did."""

    def monotonic(self) -> float:
        self.advance(timedelta(seconds=2))
        return super().monotonic()


def town(system: System, accounts: int) -> list[str]:
    """So many accounts more, three levels deep; all of them, in the order in which they are looked after."""
    for number in range(accounts // 4):
        top = system.accounts.create(f"agency {number}", actor="test")
        client = system.accounts.create("client", parent=top.id, actor="test")
        for name in ("one", "two"):
            system.accounts.create(name, parent=client.id, actor="test")
    return [one.id for one in system.accounts.iter_active()]


def test_a_tick_ends_before_the_next_one_and_that_goes_on_where_it_stopped(tmp_path: Path, world: FakePlatform) -> None:
    clock = Hasty(datetime(2026, 3, 10, 12, 7, tzinfo=UTC))
    stage = MemoryStage(tmp_path, [FakeConnector(world)], clock)
    accounts, looked = town(stage.system, 60), []
    while len(looked) < 20 and sum(looked) < len(accounts):
        began = clock.now()
        looked.append(stage.tick()["accounts"])
        assert clock.now() - began < timedelta(seconds=70), "as two seconds pass with every look"
    assert (sum(looked), len(looked) > 2) == (len(accounts), True)


def test_whoever_goes_on_behind_an_account_meets_all_the_others_whatever_became_of_it(stage: MemoryStage) -> None:
    tree, system = town(stage.system, 12), stage.system
    places = list(system.accounts.iter_active_places())
    assert [place.account.id for place in places] == tree
    for number, place in enumerate(places):
        assert list(system.accounts.iter_active_places(place.way)) == places[number + 1 :]
    gone = next(place for place in places if place.account.name == "client")
    lifecycle = system.tenancy.lifecycle
    lifecycle.trash(gone.account.id, by=machine("test"), branch=True)
    below = [place.account.id for place in places if gone.account.id in place.way]
    rest = [one for one in tree[tree.index(gone.account.id) :] if one not in below]
    assert [place.account.id for place in system.accounts.iter_active_places(gone.way)] == rest


def test_of_two_ticks_at_once_one_goes_on(stage: MemoryStage) -> None:
    circuits = stage.system.installation.circuits
    mine, other = circuits.current(), circuits.current()
    assert mine is not None
    assert other is not None
    assert circuits.keep(mine) is not None
    assert circuits.keep(other) is None


def test_sources_that_are_behind_their_schedule_are_counted_once_an_hour(stage: MemoryStage, clock: ManualClock) -> None:
    stage.system.jobs.create(stage.scope, source="crm", timetable=Timetable(every=timedelta(hours=1)))
    backed_up(stage)
    told: list[int] = []
    tick = Tick(system=stage.open(delivers=True), errands=stage.errands, behind=told.append)

    def hour() -> int:
        told.clear()
        for _ in range(60):
            tick({}, Invocation())
            clock.advance(timedelta(minutes=1))
        assert len(told) == 1
        return told[0]

    clock.advance(timedelta(minutes=60 - clock.now().minute))
    assert hour() == 0
    clock.advance(timedelta(hours=3))
    assert hour() == 1


def test_figures_are_lines_that_cloudwatch_reads(caplog: pytest.LogCaptureFixture, clock: ManualClock) -> None:
    lines: list[str] = []
    watch = Watch("test", clock, lines.append)
    watch.hear({"detail-type": "run.failed", "detail": {"name": "run.failed", "account": "acc_1", "body": {}}})
    watch.hear({"detail-type": "source.created", "detail": {"name": "source.created"}})
    kept = "acc_01j0000000000000000000000000000000"[:30]
    watch.index_files(
        {"Records": [{"s3": {"object": {"key": f"{kept}/src_1/pack", "size": 7}}}, {"s3": {"object": {"key": "evil.exe", "size": 1}}}]}
    )
    watch.index_files({"source": "aws.s3", "detail-type": "Object Created", "detail": {"object": {"key": f"{kept}/a b", "size": 9}}})
    failed, objects, one = map(json.loads, lines)
    assert (one["ObjectsKept"], one["BytesKept"]) == (1, 9)
    assert (failed["RunsFailed"], failed["Stage"]) == (1, "test")
    assert failed["_aws"]["CloudWatchMetrics"][0]["Metrics"] == [{"Name": "RunsFailed", "Unit": "Count"}]
    assert (objects["ObjectsKept"], objects["BytesKept"]) == (2, 8)
    assert "evil.exe" in caplog.text

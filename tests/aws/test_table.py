"""The suite of the table port over DynamoDB, and what only DynamoDB can get wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from listbackup.backends.aws_client import Aws
from listbackup.backends.table.dynamodb import DynamodbTables
from listbackup.backends.table.lease import LeaseGone, Leases
from listbackup.backends.table.port import (
    MAX_ITEM_BYTES,
    Absent,
    Check,
    ConditionFailed,
    Delete,
    Equals,
    Exists,
    IndexSpec,
    Put,
    Table,
    Tables,
    TableSpec,
    Update,
)
from listbackup.base.clock import Clock, SystemClock, unix_ms
from listbackup.base.errors import BackendError, BusyError, DamagedError, InputError
from listbackup.base.paging import iter_pages
from listbackup.testing.clock import EPOCH, ManualClock
from listbackup.testing.contention import tally, work_through
from listbackup.testing.machines.table_machine import Ground, check_table
from listbackup.testing.suites.table_queries import JOBS, keys
from listbackup.testing.suites.table_suite import RUNS, TableSuite
from listbackup.testing.together import in_threads_each
from listbackup.testing.weak_aws import WeakAws

Fresh = Callable[[Clock], DynamodbTables]


class TestDynamodbTables(TableSuite):
    @pytest.fixture(autouse=True)
    def _cloud(self, fresh_tables: Fresh) -> None:
        self.fresh = fresh_tables

    def make(self, folder: Path, clock: ManualClock) -> Tables:
        return self.fresh(clock)

    def test_a_reader_never_sees_half_a_transaction(self, tables: Tables, jobs: Table) -> None:
        """By key. A query that meets a transaction may show a part of it on AWS (read committed), which the emulator never does."""
        tables.transact([(jobs, Put(item={"pk": "a", "sk": str(n), "n": 0})) for n in range(3)])
        behind: list[object] = []

        def write() -> None:
            for turn in range(1, 20):
                tables.transact([(jobs, Update(pk="a", sk=str(n), set={"n": turn})) for n in range(3)])

        def read() -> None:
            for _ in range(40):
                one, other = jobs.find("a", "0"), jobs.find("a", "2")
                assert one is not None
                assert other is not None
                if int(str(other["n"])) < int(str(one["n"])):  # read later, so never older
                    behind.append((one, other))

        in_threads_each(write, read)
        assert behind == []

    @pytest.mark.parametrize("reverse", [False, True])
    def test_equal_sort_keys_of_an_index_lose_nothing_between_pages(self, jobs: Table, reverse: bool) -> None:
        """In which order they come is DynamoDB's business."""
        wanted = [(pk, f"{n}") for pk in "abc" for n in range(5)]
        for pk, sk in wanted:
            jobs.put({"pk": pk, "sk": sk, "state": "due", "at": "same"})
        pages = iter_pages(lambda cursor: jobs.query("due", index="by-state", limit=2, cursor=cursor, reverse=reverse))
        assert sorted(keys(list(pages))) == wanted


_STORIES = settings(max_examples=6, stateful_step_count=10, deadline=None, suppress_health_check=list(HealthCheck))
_LONG = settings(_STORIES, max_examples=300, stateful_step_count=30)


def stories(fresh: Fresh) -> Callable[[], Ground]:
    """Each story has tables of its own; a restart opens them anew."""

    def begin() -> Ground:
        known: list[DynamodbTables] = []

        def ground(clock: ManualClock) -> Tables:
            if not known:
                known.append(fresh(clock))
            return known[0].again(clock)

        return ground

    return begin


def test_a_table_and_a_dict_tell_the_same_story(fresh_tables: Fresh) -> None:
    check_table(stories(fresh_tables), _STORIES)


@pytest.mark.long
@pytest.mark.timeout(20_000)
def test_a_table_and_a_dict_tell_the_same_long_story(fresh_tables: Fresh) -> None:
    check_table(stories(fresh_tables), _LONG)


# A bad line.


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def line(aws: Aws) -> WeakAws:
    return WeakAws(aws)


@pytest.fixture
def weak(fresh_tables: Fresh, line: WeakAws, clock: ManualClock) -> DynamodbTables:
    """Tables that exist, asked over the bad line."""
    tables = fresh_tables(clock)
    tables.open(JOBS)
    tables.open(RUNS)
    return DynamodbTables(line, tables.prefix, clock)


def test_a_conditional_put_whose_answer_was_lost_happened_once(weak: DynamodbTables, line: WeakAws) -> None:
    jobs = weak.open(JOBS)
    line.lose_answer("put_item")
    jobs.put({"pk": "a", "sk": "1", "n": 1}, if_=Absent())
    assert (jobs.find("a", "1"), line.asked) == ({"pk": "a", "sk": "1", "n": 1}, ["put_item", "put_item", "get_item"])
    with pytest.raises(ConditionFailed):
        jobs.put({"pk": "a", "sk": "1", "n": 1}, if_=Absent())


def test_an_update_whose_answer_was_lost_adds_once(weak: DynamodbTables, line: WeakAws) -> None:
    jobs = weak.open(JOBS)
    jobs.put({"pk": "a", "sk": "1", "n": 1})
    line.lose_answer("update_item", times=2)
    assert jobs.update(Update(pk="a", sk="1", add={"n": 1})) == {"pk": "a", "sk": "1", "n": 2}
    assert jobs.update(Update(pk="a", sk="1", add={"n": 1}, if_=Equals({"n": 2}))) == {"pk": "a", "sk": "1", "n": 3}


def test_a_transaction_and_a_conditional_delete_whose_answers_were_lost_happened_once(weak: DynamodbTables, line: WeakAws) -> None:
    jobs, runs = weak.open(JOBS), weak.open(RUNS)
    line.lose_answer("transact_write_items")
    weak.transact([(jobs, Put(item={"pk": "a", "sk": "1"}, if_=Absent())), (runs, Put(item={"pk": "a", "sk": "1", "n": 1}))])
    line.lose_answer("transact_write_items")
    jobs.delete("a", "1", if_=Exists())
    assert (jobs.find("a", "1"), runs.find("a", "1")) == (None, {"pk": "a", "sk": "1", "n": 1})


@pytest.mark.parametrize(
    "code", ["ThrottlingException", "ProvisionedThroughputExceededException", "InternalServerError", "TransactionConflictException"]
)
def test_what_passes_is_asked_again_and_what_lasts_says_that_it_may_pass(
    weak: DynamodbTables, line: WeakAws, clock: ManualClock, code: str
) -> None:
    jobs = weak.open(JOBS)
    line.refuse("put_item", code, times=3)
    jobs.put({"pk": "a", "sk": "1"})
    assert (len(line.asked), len(clock.slept)) == (4, 3)
    line.refuse("get_item", code, times=100)
    with pytest.raises(BackendError) as refused:
        jobs.find("a", "1")
    assert refused.value.retryable


def test_a_transaction_that_met_another_is_tried_again(weak: DynamodbTables, line: WeakAws) -> None:
    jobs = weak.open(JOBS)
    met: list[dict[str, Any]] = [{"Code": "None"}, {"Code": "TransactionConflict", "Message": "…"}]
    line.refuse("transact_write_items", "TransactionCanceledException", times=2, CancellationReasons=met)
    weak.transact([(jobs, Put(item={"pk": "a", "sk": "1"})), (jobs, Put(item={"pk": "a", "sk": "2"}))])
    assert (len(jobs.query("a").items), line.asked) == (2, [*["transact_write_items"] * 3, "query"])


def test_a_table_that_is_not_there_says_what_to_do(aws: Aws, clock: ManualClock) -> None:
    jobs = DynamodbTables(aws, "nobody-made-this", clock).open(JOBS)
    with pytest.raises(BackendError, match="there is no table nobody-made-this-jobs") as missing:
        jobs.find("a", "1")
    assert not missing.value.retryable


# What lies in the table.


def test_an_item_lies_there_by_its_own_names(fresh_tables: Fresh, aws: Aws, clock: ManualClock) -> None:
    tables = fresh_tables(clock)
    tables.open(JOBS).put({"pk": "a", "sk": "1", "state": None, "at": "7", "n": 5, "yes": False, "raw": b"\x00", "~x": "", "": "e"})
    [held] = aws.client("dynamodb").scan(TableName=f"{tables.prefix}-jobs")["Items"]
    assert held == {
        "pk": {"S": "a"},
        "sk": {"S": "1"},
        "at": {"S": "7"},
        "n": {"N": "5"},
        "yes": {"BOOL": False},
        "raw": {"B": b"\x00"},
        "~none": {"SS": ["state"]},
        "~~x": {"S": ""},
        "~": {"S": "e"},
    }


def test_what_this_program_never_wrote_is_damage(fresh_tables: Fresh, aws: Aws, clock: ManualClock) -> None:
    tables = fresh_tables(clock)
    jobs = tables.open(JOBS)
    for strange in ({"M": {}}, {"N": "1.5"}, {"L": [{"S": "x"}]}):
        aws.client("dynamodb").put_item(TableName=f"{tables.prefix}-jobs", Item={"pk": {"S": "a"}, "sk": {"S": "1"}, "x": strange})
        with pytest.raises(DamagedError):
            jobs.find("a", "1")


def test_none_gives_way_to_a_number_and_comes_back_only_when_put(fresh_tables: Fresh, clock: ManualClock) -> None:
    jobs = fresh_tables(clock).open(JOBS)
    jobs.put({"pk": "a", "sk": "1", "n": None, "m": None, "k": None})
    assert jobs.update(Update(pk="a", sk="1", add={"n": 2}, set={"m": "text"})) == {"pk": "a", "sk": "1", "n": 2, "m": "text", "k": None}
    assert jobs.update(Update(pk="a", sk="1", set={"n": None, "m": None, "k": None})) == {"pk": "a", "sk": "1"}


def test_a_table_is_made_as_it_is_declared(fresh_tables: Fresh, aws: Aws, clock: ManualClock) -> None:
    tables = fresh_tables(clock)
    tables.open(JOBS)
    tables.again(clock).open(JOBS)  # made already
    client, name = aws.client("dynamodb"), f"{tables.prefix}-jobs"
    table = client.describe_table(TableName=name)["Table"]
    indexes = {
        index["IndexName"]: (index["KeySchema"][0]["AttributeName"], index["Projection"]) for index in table["GlobalSecondaryIndexes"]
    }
    assert indexes == {"by-state": ("state", {"ProjectionType": "ALL"}), "by-owner": ("owner", {"ProjectionType": "ALL"})}
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]["AttributeName"] == "expires_at"
    recovery = client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    assert recovery["PointInTimeRecoveryStatus"] == "ENABLED"
    tags = client.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"]
    assert {"Key": "app", "Value": "listbackup"} in tags


def test_a_table_that_is_not_ready_at_once_is_waited_for(fresh_tables: Fresh, line: WeakAws, clock: ManualClock) -> None:
    """As AWS makes one; the emulator's are ready when they are made."""
    line.refuse("describe_table", "ResourceNotFoundException", times=2)
    line.refuse("update_continuous_backups", "ContinuousBackupsUnavailableException")
    DynamodbTables(line, f"{fresh_tables(clock).prefix}-later", clock, create=True).open(RUNS).put({"pk": "a", "sk": "1"})
    assert (clock.slept, line.asked.count("describe_table")) == ([0.5] * 3, 3)


@pytest.mark.parametrize("spec", [TableSpec(name="t", indexes=(IndexSpec(name="by", pk="a", sk="b"),)), TableSpec(name="t", ttl="")])
def test_what_dynamodb_cannot_keep_is_refused_when_it_is_opened(aws: Aws, clock: ManualClock, spec: TableSpec) -> None:
    with pytest.raises(InputError):
        DynamodbTables(aws, "x", clock).open(spec)


# Sizes.


def test_a_page_of_more_than_a_megabyte_is_whole(fresh_tables: Fresh, clock: ManualClock) -> None:
    jobs = fresh_tables(clock).open(JOBS)
    for n in range(8):
        jobs.put({"pk": "a", "sk": str(n), "x": "x" * 300_000})
    assert [item["sk"] for item in jobs.query("a").items] == [str(n) for n in range(8)]
    first = jobs.query("a", limit=5, reverse=True)
    assert [item["sk"] for item in first.items] == list("76543")
    assert [item["sk"] for item in jobs.query("a", limit=5, reverse=True, cursor=first.next_cursor).items] == list("210")


def test_an_item_grows_to_its_limit_and_not_beyond(fresh_tables: Fresh, clock: ManualClock) -> None:
    jobs = fresh_tables(clock).open(JOBS)
    jobs.put({"pk": "a", "sk": "1", "x": b"x" * (MAX_ITEM_BYTES - 100)})
    with pytest.raises(InputError) as refused:
        jobs.update(Update(pk="a", sk="1", set={"y": "y" * 1000}))
    assert refused.value.field == "item"


@pytest.mark.parametrize("reverse", [False, True])
def test_bounds_longer_than_a_key_cut_where_they_say(fresh_tables: Fresh, clock: ManualClock, reverse: bool) -> None:
    jobs = fresh_tables(clock).open(JOBS)
    longest = "ä" * 512
    for sk in ("a", longest, "ö"):
        jobs.put({"pk": "p", "sk": sk})

    def found(**bounds: str) -> list[object]:
        return [item["sk"] for item in jobs.query("p", reverse=reverse, **bounds).items]

    def either(*wanted: str) -> list[str]:
        return list(reversed(wanted)) if reverse else list(wanted)

    assert found(after=longest + "z") == ["ö"]
    assert found(before=longest + "z") == either("a", longest)
    assert found(after=longest, before="ö") == []
    assert found(after="a" * 2000, before="ä" * 2000) == [longest]
    assert (found(prefix="ä" * 600), found(before=""), found(after="")) == ([], [], either("a", longest, "ö"))
    assert (list(jobs.query("").items), list(jobs.query("x" * 3000).items)) == ([], [])


def test_pages_are_full_however_much_has_expired(fresh_tables: Fresh, clock: ManualClock) -> None:
    """DynamoDB removes what has expired within days."""
    jobs = fresh_tables(clock).open(JOBS)
    gone = unix_ms(clock.now()) // 1000 + 1
    for n in range(30):
        jobs.put({"pk": "a", "sk": f"{n:02}", "expires_at": gone if n % 3 else None})
    clock.advance(timedelta(seconds=2))
    pages = [jobs.query("a", limit=4)]
    while pages[-1].next_cursor is not None:
        pages.append(jobs.query("a", limit=4, cursor=pages[-1].next_cursor))
    assert [len(page.items) for page in pages] == [4, 4, 2]


# Forgetting.


def test_an_owner_is_forgotten_in_every_table_but_the_spared(fresh_tables: Fresh, clock: ManualClock) -> None:
    tables = fresh_tables(clock)
    jobs, runs, spared = tables.open(JOBS), tables.open(RUNS), tables.open(TableSpec(name="spared"))
    for n in range(60):
        jobs.put({"pk": "acc_1/part", "sk": f"{n:02}"})
    for pk in ("acc_1", "acc_1/x", "acc_10", "acc_2/acc_1"):
        runs.put({"pk": pk, "sk": "1"})
        spared.put({"pk": pk, "sk": "1"})
    elsewhere = DynamodbTables(tables.aws, tables.prefix, clock, declared=[JOBS, RUNS, TableSpec(name="spared")])
    assert (elsewhere.forget("acc_1", spare="spared"), elsewhere.forget("acc_1", spare="spared")) == (62, 0)
    assert (list(jobs.query("acc_1/part").items), runs.find("acc_1", "1"), runs.find("acc_1/x", "1")) == ([], None, None)
    assert None not in (runs.find("acc_10", "1"), runs.find("acc_2/acc_1", "1"), spared.find("acc_1", "1"))


# Leases.


def test_a_lease_is_given_to_one_and_taken_over_when_it_ran_out(fresh_tables: Fresh, clock: ManualClock) -> None:
    tables = fresh_tables(clock)
    leases, jobs = Leases(tables, clock), tables.open(JOBS)
    lease = leases.acquire("job", "one", timedelta(seconds=10))
    with pytest.raises(BusyError):
        leases.acquire("job", "two", timedelta(seconds=10))
    clock.advance(timedelta(seconds=11))
    taken = leases.acquire("job", "two", timedelta(seconds=10))
    with pytest.raises(LeaseGone):
        leases.renew(lease, timedelta(seconds=10))
    with pytest.raises(ConditionFailed):
        tables.transact([leases.check(lease), (jobs, Put(item={"pk": "a", "sk": "1"}))])
    tables.transact([leases.release_write(taken), (jobs, Put(item={"pk": "a", "sk": "1"}))])
    assert (taken.epoch, leases.find("job"), jobs.find("a", "1")) == (2, None, {"pk": "a", "sk": "1"})


def test_of_workers_with_clocks_that_disagree_each_job_has_one_effect(fresh_tables: Fresh) -> None:
    tables = fresh_tables(ManualClock(EPOCH))
    in_threads_each(*[lambda seed=seed: work_through(tables, 20, seed) for seed in range(3)])  # type: ignore[misc]
    assert tally(tables, 20).effects_per_job == {1: 20}


def test_a_hundred_writes_say_which_of_them_failed(fresh_tables: Fresh) -> None:
    tables = fresh_tables(SystemClock())
    jobs = tables.open(JOBS)
    jobs.put({"pk": "a", "sk": "57"})
    with pytest.raises(ConditionFailed) as failed:
        tables.transact([(jobs, Check(pk="a", sk=f"{n:02}", if_=Absent())) for n in range(99)] + [(jobs, Delete(pk="b", sk="1"))])
    assert failed.value.position == 57

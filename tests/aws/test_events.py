"""The suite of the events port over DynamoDB: the outbox is one of its tables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from listbackup.backends.aws_client import Aws
from listbackup.backends.events.outbox import OUTBOX, OutboxEvents
from listbackup.backends.events.port import Events
from listbackup.backends.table.dynamodb import DynamodbTables
from listbackup.backends.table.dynamodb_item import unpack_item
from listbackup.backends.table.port import Tables
from listbackup.base.clock import Clock, SystemClock
from listbackup.testing.suites.events_suite import EventsSuite, event

Fresh = Callable[[Clock], DynamodbTables]


class TestOutboxInDynamodb(EventsSuite):
    @pytest.fixture(autouse=True)
    def _cloud(self, fresh_tables: Fresh) -> None:
        self.fresh = fresh_tables

    def make(self, folder: Path) -> tuple[Tables, Events]:
        tables = self.fresh(SystemClock())
        return tables, OutboxEvents(tables)


def test_the_stream_of_the_outbox_shows_what_was_recorded(fresh_tables: Fresh, aws: Aws) -> None:
    """What starts the function that publishes: the new item, as ``unpack_item`` reads it."""
    tables = fresh_tables(SystemClock())
    events = OutboxEvents(tables)
    tables.transact([events.outbox_write(event(1))])
    streams = aws.client("dynamodbstreams")
    arn = aws.client("dynamodb").describe_table(TableName=f"{tables.prefix}-outbox")["Table"]["LatestStreamArn"]
    [shard, *_] = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    start = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    [record] = streams.get_records(ShardIterator=start)["Records"]
    assert record["eventName"] == "INSERT"
    assert unpack_item(OUTBOX, record["dynamodb"]["NewImage"])["id"] == "evt_1"

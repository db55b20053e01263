"""Compares a table that was restored to an earlier moment with the one of today, and puts its rows back: ``put_back.py THEN NOW [--account acc_…] [--write]``.

The runbook docs/runbooks/aws-point-in-time.md says when. Without ``--write`` nothing is changed. Rows that came since then are left as they are; the other way round
(``put_back.py NOW THEN``) shows them. Rows are read at a hundred a time, and a table is not held in memory.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from listbackup.backends.aws_client import Aws, ask, region_of_machine
from listbackup.base.clock import SystemClock
from listbackup.bootstrap.declared import declared_tables
from listbackup.bootstrap.settings import environment

OF_THE_MOMENT = frozenset({"download_tickets", "errands", "http_repeats", "leases", "outbox", "sessions", "sign_ins", "tickets", "tries"})
Item = Mapping[str, Any]


class Tables:
    """DynamoDB, as whoever sits here."""

    def __init__(self, region: str) -> None:
        self._client, self._clock = Aws(region).client("dynamodb"), SystemClock()

    def pages(self, name: str) -> Iterator[Sequence[Item]]:
        """All rows, a hundred at a time."""
        start: dict[str, Any] = {}
        while True:
            words = {"TableName": name, "Limit": 100, "ConsistentRead": True, **start}
            said = ask(lambda words=words: self._client.scan(**words), f"read {name}", clock=self._clock)  # type: ignore[misc]
            yield said["Items"]
            if "LastEvaluatedKey" not in said:
                return
            start = {"ExclusiveStartKey": said["LastEvaluatedKey"]}

    def same(self, name: str, rows: Sequence[Item]) -> Mapping[tuple[str, str], Item]:
        """The rows of the same keys, by key."""
        found: dict[tuple[str, str], Item] = {}
        left = [{"pk": row["pk"], "sk": row["sk"]} for row in rows]
        while left:
            words = {name: {"Keys": left, "ConsistentRead": True}}
            said = ask(lambda words=words: self._client.batch_get_item(RequestItems=words), f"read {name}", clock=self._clock)  # type: ignore[misc]
            found |= {key_of(row): row for row in said["Responses"].get(name, ())}
            left = said.get("UnprocessedKeys", {}).get(name, {}).get("Keys", [])
        return found

    def put(self, name: str, row: Item) -> None:
        """The row as it is given, over what stands there."""
        ask(lambda: self._client.put_item(TableName=name, Item=row), f"write {name}", clock=self._clock)


def key_of(row: Item) -> tuple[str, str]:
    """Partition and sort key."""
    return row["pk"]["S"], row["sk"]["S"]


def put_back(tables: Tables, then: str, now: str, *, account: str = "", write: bool = False) -> Counter[str]:
    """Tells of every row that is not as it was; how many are ``gone``, ``changed``, ``alike``."""
    counted: Counter[str] = Counter()
    for page in tables.pages(then):
        rows = [row for row in page if not account or key_of(row)[0].split("/")[0] == account]
        there = tables.same(now, rows)
        for row in rows:
            what = "gone" if key_of(row) not in there else "alike" if there[key_of(row)] == row else "changed"
            counted[what] += 1
            if what == "alike":
                continue
            print(what, *key_of(row), sep="\t")
            if write:
                tables.put(now, row)
    return counted


def check(now: str) -> None:
    """Raises SystemExit for a table that rows must not be put back into."""
    names = [spec.name for spec in declared_tables() if now.endswith(f"-{spec.name}")]
    if not names:
        raise SystemExit(f"{now} is not a table of a stage")
    if (name := max(names, key=len)) in OF_THE_MOMENT:
        raise SystemExit(f"{name} is of the moment: what stood there then is wrong now")


def main() -> None:
    """Compare, and with ``--write`` put back."""
    parser = argparse.ArgumentParser(description="Compares a restored table with the one of today, and puts its rows back.")
    parser.add_argument("then", help="the table that was restored")
    parser.add_argument("now", help="the table that the stage uses")
    parser.add_argument("--account", default="", help="the rows of this account alone")
    parser.add_argument("--region", default=environment().get("AWS_REGION") or region_of_machine())
    parser.add_argument("--write", action="store_true")
    said = parser.parse_args()
    if not said.region:
        raise SystemExit("no AWS region is chosen: give --region, or set AWS_REGION")
    if said.write:
        check(said.now)
    counted = put_back(Tables(said.region), said.then, said.now, account=said.account, write=said.write)
    print(f"{counted['gone']} gone, {counted['changed']} changed, {counted['alike']} alike{'; put back' if said.write else ''}")


if __name__ == "__main__":
    main()

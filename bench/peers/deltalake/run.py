"""delta-rs over the daily changes in ./changes: ``keep DAYS`` merges them into ./repo; ``record``, ``diff``, ``all`` read back."""

import json
import sys

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable, write_deltalake


def lines(day):
    with open(f"changes/{day}.jsonl", "rb") as file:
        raws = file.read().split(b"\n")
    return pa.table({"id": [json.loads(r)["id"] for r in raws], "json": [r.decode() for r in raws]})


def keep(days):
    write_deltalake("repo", lines(0))
    for day in range(1, days + 1):
        table = DeltaTable("repo")
        merge = table.merge(lines(day), predicate="t.id = s.id", source_alias="s", target_alias="t")
        merge.when_matched_update_all().when_not_matched_insert_all().execute()
        with open(f"changes/{day}.gone") as file:
            gone = ",".join(f"'{key}'" for key in file.read().split())
        DeltaTable("repo").delete(f"id IN ({gone})")


def version_of(day):
    return 2 * day


def at(day, **more):
    return DeltaTable("repo", version=version_of(day)).to_pyarrow_table(**more)


if sys.argv[1] == "keep":
    keep(int(sys.argv[2]))
elif sys.argv[1] == "record":
    print(at(15, filters=[("id", "=", "000000150000")])["json"][0])
elif sys.argv[1] == "diff":
    a, b = at(10), at(20)
    both = a.join(b, keys="id", join_type="full outer", right_suffix="_b")
    print(both.filter(pc.fill_null(pc.not_equal(both["json"], both["json_b"]), True)).num_rows)
else:
    for text in at(15)["json"]:
        print(text)

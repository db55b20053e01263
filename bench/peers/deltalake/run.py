"""delta-rs over the daily changes in ./changes: ``keep DAYS`` merges them into ./repo; ``record``, ``diff``, ``all`` read back."""

import json
import sys

import pyarrow as pa
from deltalake import DeltaTable, QueryBuilder, WriterProperties, write_deltalake

ZSTD = WriterProperties(compression="ZSTD", compression_level=3)


def lines(day):
    with open(f"changes/{day}.jsonl", "rb") as file:
        raws = file.read().split(b"\n")
    with open(f"changes/{day}.gone") as file:
        gone = file.read().split()
    ids = [json.loads(r)["id"] for r in raws] + gone
    return pa.table({"id": ids, "json": pa.array([r.decode() for r in raws] + [None] * len(gone), pa.string())})


def keep(days):
    write_deltalake("repo", lines(0), writer_properties=ZSTD)
    for day in range(1, days + 1):
        merge = DeltaTable("repo").merge(lines(day), predicate="t.id = s.id", source_alias="s", target_alias="t", writer_properties=ZSTD)
        merge = merge.when_matched_delete(predicate="s.json is null").when_matched_update_all(predicate="s.json is not null")
        merge.when_not_matched_insert_all(predicate="s.json is not null").execute()


def at(day):
    return DeltaTable("repo", version=day)


def ask(sql, **days):
    builder = QueryBuilder()
    for name, day in days.items():
        builder = builder.register(name, at(day))
    return builder.execute(sql)


if sys.argv[1] == "keep":
    keep(int(sys.argv[2]))
elif sys.argv[1] == "record":
    print(next(iter(ask("select json from t where id = '000000150001'", t=15)))["json"][0])
elif sys.argv[1] == "diff":
    differ = "select count(*) as n from a full outer join b on a.id = b.id where a.json is distinct from b.json"
    print(next(iter(ask(differ, a=10, b=20)))["n"][0])
else:
    for batch in ask("select json from t", t=15):
        print("\n".join(pa.array(batch["json"]).to_pylist()))

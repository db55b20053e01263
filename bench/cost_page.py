"""Writes ``docs/guides/cost.md``: dollars per month, out of what ``bench/cost.py`` counted, ``prices.toml`` and the assumptions below."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping
from typing import Any

from bench.measure import ROOT

PAGE = ROOT / "docs" / "guides" / "cost.md"
PRICES = ROOT / "bench" / "prices.toml"
SIZES = (10, 1_000, 100_000)

RECORDS = 20_000  # of a source
RUNS = 30  # a month
SOURCES_PER_ACCOUNT = 10
REQUESTS = 300  # of people and programs, for each source a month
AWS_SECONDS = 0.010  # that a call to DynamoDB, S3, SQS or KMS is waited for, one after the other
PAGE_SECONDS, AT_ONCE = 0.3, 4  # that a page of the platform takes, and how many are asked for at a time
START_SECONDS = 2.0  # a worker's cold start: one run a day finds none warm
WORKER_GB, OTHER_GB = 1769 / 1024, 1.0
PUBLISHED = 4  # calls of the publisher for a run
MINUTES = 30 * 24 * 60
KEPT_RUNS = 400  # whose rows are kept, and SNAPSHOTS whose changes are
SNAPSHOTS = 30
POLLS = 2 * 5 * MINUTES * 3  # two queues, five pollers of Lambda each, 20 s a poll
LOG_BYTES_RUN, LOG_BYTES_REQUEST = 6_000, 600
_NOT_UNITS = ("cpu_seconds", "aws_calls", "letters")

Units = Mapping[str, float]


def prices() -> Mapping[str, Mapping[str, Any]]:
    """The price list."""
    return tomllib.loads(PRICES.read_text())


def run_of(measured: Mapping[str, Any], kind: str, records: int) -> Counter[str]:
    """What a run of a source of this size asks for: a line through the two that were measured."""
    (small, one), (large, two) = sorted((int(name), kept[kind]) for name, kept in measured["runs"].items())
    flat_one, flat_two = _flat(one), _flat(two)
    slope = {name: (flat_two.get(name, 0) - flat_one.get(name, 0)) / (large - small) for name in flat_one | flat_two}
    return Counter({name: max(0.0, flat_one.get(name, 0) + slope[name] * (records - small)) for name in slope})


def _flat(run: Mapping[str, Any]) -> dict[str, float]:
    """The units of a run's steps together, with the time that it is billed for."""
    found: Counter[str] = Counter()
    for step in ("ordered", "worked", "told"):
        found.update({name: value for name, value in run[step].items() if name not in _NOT_UNITS})
    worked, told = run["worked"], run["told"]
    waits = worked["aws_calls"] * AWS_SECONDS + run["platform_calls"] * PAGE_SECONDS / AT_ONCE
    found["worker_seconds"] = START_SECONDS + waits + worked["cpu_seconds"]
    found["gb_seconds"] = found["worker_seconds"] * WORKER_GB + PUBLISHED * 0.2 * OTHER_GB + told["aws_calls"] * AWS_SECONDS * OTHER_GB
    found["invocations"] = 1 + PUBLISHED
    found["object_bytes"], found["item_bytes"] = run["stored"]["object_bytes"], run["stored"]["item_bytes"]
    return dict(found)


def source_month(measured: Mapping[str, Any]) -> Counter[str]:
    """Everything that one more source asks for in a month, storage as after a year."""
    daily, first = run_of(measured, "daily", RECORDS), run_of(measured, "first", RECORDS)
    month: Counter[str] = Counter({name: value * RUNS for name, value in daily.items() if not name.endswith(("_bytes", "worker_seconds"))})
    request = measured["request"]
    month.update({name: value * REQUESTS for name, value in request.items() if name not in _NOT_UNITS})
    month["http_requests"] += REQUESTS
    month["invocations"] += REQUESTS
    month["gb_seconds"] += REQUESTS * (request["aws_calls"] * AWS_SECONDS + request["cpu_seconds"]) * OTHER_GB
    month["s3_gb"] = (first["object_bytes"] + SNAPSHOTS * daily["object_bytes"]) / 1e9
    month["table_gb"] = month["table_copy_gb"] = (first["item_bytes"] + KEPT_RUNS * daily["item_bytes"]) / 1e9
    month["log_gb"] = (RUNS * LOG_BYTES_RUN + REQUESTS * LOG_BYTES_REQUEST) / 1e9
    tended = measured["look_after"]
    rounds = MINUTES / 5 / SOURCES_PER_ACCOUNT
    month["read_units"] += rounds * tended.get("read_units", 0)
    month["write_units"] += rounds * tended.get("write_units", 0)
    month["gb_seconds"] += rounds * (tended["aws_calls"] * AWS_SECONDS + tended["cpu_seconds"]) * OTHER_GB
    return month


def stage_month(measured: Mapping[str, Any]) -> Counter[str]:
    """What a stage asks for though nobody uses it."""
    tick = measured["tick"]
    month: Counter[str] = Counter({name: value * MINUTES for name, value in tick.items() if name not in _NOT_UNITS})
    month["gb_seconds"] = MINUTES * (tick["aws_calls"] * AWS_SECONDS + tick["cpu_seconds"]) * OTHER_GB
    month["invocations"] = MINUTES
    month["sqs_requests"] += POLLS
    month.update(measured["fixed"])
    return month


def dollars(month: Units, listed: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """The bill, by position."""
    return {name: month[name] / float(price["per"]) * float(price["dollars"]) for name, price in listed.items() if month.get(name)}


def page(results: Mapping[str, Any]) -> str:
    """The guide."""
    kept, listed = results["cost"], prices()
    measured = kept["result"]
    stage, source = stage_month(measured), source_month(measured)
    bills = {size: dollars(Counter({n: stage[n] + size * source[n] for n in stage | source}), listed) for size in SIZES}
    lines = [
        "# What it costs on AWS",
        "",
        "Written by `python -m bench cost`, which counts what the functions ask of AWS, request by request (`bench/metered.py`), and multiplies by list prices of us-east-1. Nothing here is typed by hand.",
        f"Counted {kept['at']}. Free tiers, discounts, taxes and what leaves AWS for the internet are not in it; a platform that is read costs nothing to receive.",
        "",
        "## Dollars per month",
        "",
        "| sources | in all | for each source |",
        "|---|---|---|",
        *(f"| {size:,} | ${sum(bill.values()):,.2f} | ${sum(bill.values()) / size:,.4f} |" for size, bill in bills.items()),
        "",
        f"A stage that nobody uses costs ${sum(dollars(stage, listed).values()):,.2f}: {stage['alarms']:.0f} alarms, the dashboard, the key, the tick of every minute, and Lambda's looking into two queues.",
        "",
        "| position | " + " | ".join(f"{size:,} sources" for size in SIZES) + " | price | read on |",
        "|---|" + "---|" * len(SIZES) + "---|---|",
    ]
    for name, price in listed.items():
        if any(name in bill for bill in bills.values()):
            sums = " | ".join(f"${bills[size].get(name, 0):,.2f}" for size in SIZES)
            lines.append(f"| {price['about']} | {sums} | ${price['dollars']} per {price['per']:,} | [{price['read']}]({price['page']}) |")
    return "\n".join([*lines, "", *_counts(measured), "", *_assumptions()]) + "\n"


def table(measured: Mapping[str, Any]) -> list[str]:
    """What runs ask for, and what each thousand records adds: the figures of the bench."""
    shown = (
        "write_units",
        "read_units",
        "s3_puts",
        "s3_gets",
        "sqs_requests",
        "kms_requests",
        "events",
        "gb_seconds",
        "worker_seconds",
        "object_bytes",
    )
    rows = [
        "| counted | " + " | ".join(("first backup", "for 1,000 records more", "daily run", "for 1,000 records more")) + " |",
        "|---|---|---|---|---|",
    ]
    for name in shown:
        cells = []
        for kind in ("first", "daily"):
            at = run_of(measured, kind, RECORDS)[name]
            cells += [f"{at:,.1f}", f"{(run_of(measured, kind, RECORDS + 1000)[name] - at):,.2f}"]
        rows.append(f"| {name.replace('_', ' ')} | " + " | ".join(cells) + " |")
    return rows


def _counts(measured: Mapping[str, Any]) -> list[str]:
    tick, tended, request = measured["tick"], measured["look_after"], measured["request"]
    return [
        "## What was counted",
        "",
        f"A source of {RECORDS:,} records, on the line through the two that were measured ({', '.join(f'{int(n):,}' for n in measured['runs'])} records):",
        "",
        *table(measured),
        "",
        f"Besides: a tick reads {tick['read_units']:.0f} units and writes {tick['write_units']:.0f}; looking after an account, every five minutes, reads {tended.get('read_units', 0):.1f}; a request of a program reads {request['read_units']:.1f} on average.",
        *_limits(measured),
        "",
        "A read unit is 4 KiB, a write unit 1 KiB, in a transaction twice, and twice more in each index that holds the item.",
    ]


def _limits(measured: Mapping[str, Any]) -> list[str]:
    """What the largest size asks of settings that have a limit."""
    most, tended = SIZES[-1], measured["look_after"]
    share = most / SOURCES_PER_ACCOUNT / 5 * (tended["aws_calls"] * AWS_SECONDS + tended["cpu_seconds"])
    at_once = most * run_of(measured, "daily", RECORDS)["worker_seconds"] / 86_400
    return [
        "",
        f"{most:,} sources keep {at_once:.0f} workers busy if their runs are spread over the day (`worker_concurrency`), and a tick looks after its share of their accounts in {share:.0f} s of the 240 that it has: about as many accounts as one tick can look after every five minutes.",
    ]


def _assumptions() -> list[str]:
    return [
        "## What was assumed",
        "",
        "| what | is |",
        "|---|---|",
        f"| a source | {RECORDS:,} records of about 1 KB, without attachments; 1 % change in a day (`world.pass_day`) |",
        f"| runs | one a day, {RUNS} a month; the changes of {SNAPSHOTS} snapshots and the rows of {KEPT_RUNS} runs are kept |",
        f"| accounts | one for {SOURCES_PER_ACCOUNT} sources |",
        f"| people and programs | {REQUESTS} requests for each source a month |",
        f"| time that is billed | {START_SECONDS:.0f} s of start, {AWS_SECONDS * 1000:.0f} ms for each call to AWS, {PAGE_SECONDS * 1000:.0f} ms for each page of the platform, {AT_ONCE} at a time, and the processor time that was measured here (the simulated platform's share is in it) |",
        f"| memory | {WORKER_GB * 1024:.0f} MB for the worker, {OTHER_GB * 1024:.0f} MB elsewhere |",
        f"| looking into queues | five pollers for each of two queues, 20 s a look: {POLLS:,} requests a month |",
        f"| logs | {LOG_BYTES_RUN / 1000:.0f} KB a run, {LOG_BYTES_REQUEST} bytes a request |",
        "",
        "Attachments cost what S3 costs: $0.023 a month for each GB that is kept, and $0.005 for a thousand of them once. Not in the bill: CloudFront, the firewall ($5 a month for the list, $1 for each rule), X-Ray, letters, AWS Backup and copies in another region, which are settings of the stage.",
    ]


def write(results: Mapping[str, Any]) -> None:
    """The page, where it was counted."""
    if "result" in results.get("cost", {}) and "failed" not in results["cost"]["result"]:
        PAGE.write_text(page(results))

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
TICK_SECONDS = 240.0  # of its 300, a minute before whose end it stops
HEARD_SECONDS, HEARD_GB, INDEXER_GB = 0.1, 0.25, 0.5  # a call of the functions that count events and new objects, and their memory
TRACED_A_SECOND, TRACED_SHARE = 1, 0.05  # X-Ray's own rule: the first request of every second, and of the others one in twenty
_NOT_BILLED = ("_bytes", "worker_seconds", "platform_seconds", "cpu_seconds", "platform_calls")
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
    found["platform_calls"] = run["platform_calls"]
    found["platform_seconds"] = run["platform_calls"] * PAGE_SECONDS / AT_ONCE
    found["cpu_seconds"] = worked["cpu_seconds"]
    found["worker_seconds"] = START_SECONDS + worked["aws_calls"] * AWS_SECONDS + found["platform_seconds"] + found["cpu_seconds"]
    heard = told.get("events", 0) * HEARD_GB + worked.get("s3_puts", 0) * INDEXER_GB
    found["gb_seconds"] = found["worker_seconds"] * WORKER_GB + (PUBLISHED * 0.2 + told["aws_calls"] * AWS_SECONDS) * OTHER_GB
    found["gb_seconds"] += heard * HEARD_SECONDS
    found["invocations"] = 1 + PUBLISHED + told.get("events", 0) + worked.get("s3_puts", 0)
    found["object_bytes"], found["item_bytes"] = run["stored"]["object_bytes"], run["stored"]["item_bytes"]
    return dict(found)


def source_month(measured: Mapping[str, Any]) -> Counter[str]:
    """Everything that one more source asks for in a month, storage as after a year."""
    daily, first = run_of(measured, "daily", RECORDS), run_of(measured, "first", RECORDS)
    month: Counter[str] = Counter({name: value * RUNS for name, value in daily.items() if not name.endswith(_NOT_BILLED)})
    request = measured["request"]
    month.update({name: value * REQUESTS for name, value in request.items() if name not in _NOT_UNITS})
    month.update(dict.fromkeys(("http_requests", "front_requests", "front_functions", "firewall_requests"), REQUESTS))
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
    month.update({name: value for name, value in measured["fixed"].items() if name != "alarms"})
    return month


def traced(month: Counter[str]) -> Counter[str]:
    """The month with the traces of its invocations: as many are recorded as if they came evenly."""
    at_least = TRACED_A_SECOND * MINUTES * 60
    many = max(0.0, month["invocations"] - at_least)
    return month + Counter({"traces": min(month["invocations"], at_least) + many * TRACED_SHARE})


def dollars(month: Units, listed: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """The bill, by position."""
    return {name: month[name] / float(price["per"]) * float(price["dollars"]) for name, price in listed.items() if month.get(name)}


def page(results: Mapping[str, Any]) -> str:
    """The guide."""
    kept, listed = results["cost"], prices()
    measured = kept["result"]
    stage, source = stage_month(measured), source_month(measured)
    bills = {size: dollars(traced(Counter({n: stage[n] + size * source[n] for n in stage | source})), listed) for size in SIZES}
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
        f"A stage that nobody uses costs ${sum(dollars(traced(stage), listed).values()):,.2f}: {measured['fixed']['alarms']:.0f} alarms, the firewall, our own metrics, the dashboard, the key, the tick of every minute, and Lambda's looking into two queues.",
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
        "cpu_seconds",
        "platform_seconds",
        "platform_calls",
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
        "",
        "Worker seconds are what a function is billed for: mostly it waits for the platform (platform seconds), and little of it is work (cpu seconds, those of the process, not of the clock on the wall). A platform that gives its records in fewer calls, or answers quicker, makes a first backup cheaper in proportion.",
        *_limits(measured),
        "",
        "A read unit is 4 KiB, a write unit 1 KiB, in a transaction twice, and twice more in each index that holds the item.",
    ]


def _limits(measured: Mapping[str, Any]) -> list[str]:
    """What the largest size asks of settings that have a limit."""
    most, tended = SIZES[-1], measured["look_after"]
    each = tended["aws_calls"] * AWS_SECONDS + tended["cpu_seconds"]
    fit, accounts = int(TICK_SECONDS / each) * 5, most // SOURCES_PER_ACCOUNT
    at_once = most * run_of(measured, "daily", RECORDS)["worker_seconds"] / 86_400
    return [
        "",
        f"{most:,} sources keep {at_once:.0f} workers busy if their runs are spread over the day (`worker_concurrency`). Looking after an account takes a tick {each * 1000:.0f} ms, one account after the other; five ticks, of {TICK_SECONDS:.0f} s each, have time for {fit:,} accounts, and {most:,} sources are {accounts:,}"
        + ("." if fit >= accounts else ": the round takes longer then, and what waits for it is found so much later."),
    ]


def _assumptions() -> list[str]:
    return [
        "## What was assumed",
        "",
        "| what | is |",
        "|---|---|",
        f"| a source | {RECORDS:,} records of about 1 KB in six streams, as the simulated CRM has them: notes are asked for contact by contact, and one record in a hundred has a small file, which is a call each; 1 % change in a day (`world.pass_day`) |",
        f"| runs | one a day, {RUNS} a month; the changes of {SNAPSHOTS} snapshots and the rows of {KEPT_RUNS} runs are kept |",
        f"| accounts | one for {SOURCES_PER_ACCOUNT} sources |",
        f"| people and programs | {REQUESTS} requests for each source a month |",
        f"| time that is billed | {START_SECONDS:.0f} s of start, {AWS_SECONDS * 1000:.0f} ms for each call to AWS, {PAGE_SECONDS * 1000:.0f} ms for each page of the platform, {AT_ONCE} at a time, and the processor time that was measured here (the simulated platform's share is in it) |",
        f"| traces | the first invocation of every second and {TRACED_SHARE:.0%} of the others, which is X-Ray's own rule |",
        "| our own metrics | each of them in every hour of the month |",
        "| the address | all requests come through CloudFront, its function that names the caller, and the firewall |",
        f"| memory | {WORKER_GB * 1024:.0f} MB for the worker, {OTHER_GB * 1024:.0f} MB elsewhere |",
        f"| looking into queues | five pollers for each of two queues, 20 s a look: {POLLS:,} requests a month |",
        f"| logs | {LOG_BYTES_RUN / 1000:.0f} KB a run, {LOG_BYTES_REQUEST} bytes a request |",
        "",
        "Attachments cost what S3 costs: $0.023 a month for each GB that is kept, and $0.005 for a thousand of them once. Not in the bill: people of the user pool beyond the 10,000 a month that Cognito does not charge for, letters, the bus's archive, files of the web app, and AWS Backup and copies in another region, which are settings of the stage.",
    ]


def write(results: Mapping[str, Any]) -> None:
    """The page, where it was counted."""
    if "result" in results.get("cost", {}) and "failed" not in results["cost"]["result"]:
        PAGE.write_text(page(results))

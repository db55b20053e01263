"""Writes ``RESULTS.md`` from ``results.json``: every goal with its figure, met or not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bench.cost_page import RECORDS, table

Results = Mapping[str, Any]


def render(results: Results) -> str:
    """The page."""
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench`; nothing here is typed by hand. Medians of at least three runs unless marked.",
        "",
    ]
    lines += _conditions(results)
    for title, section in _SECTIONS:
        body = list(section(results))
        if body:
            lines += [f"## {title}", "", *body, ""]
    return "\n".join(lines).rstrip() + "\n"


def _get(results: Results, name: str) -> Any:
    return results[name]["result"] if name in results else None


def _conditions(results: Results) -> list[str]:
    if not results:
        return ["Nothing was measured yet.", ""]
    rows = ["| section | measured | machine | noise: spread of a fixed loop | load before | took |", "|---|---|---|---|---|---|"]
    for name, kept in results.items():
        noise = kept["noise"]
        rows.append(
            f"| {name} | {kept['at']} | {noise['cores']:.0f} cores, {kept['machine']} | {noise['spread']:.0%} | {noise['load']:.1f} | {kept['took_seconds']:.0f} s |"
        )
    return [*rows, ""]


def _goal(what: str, figure: str, goal: str, met: bool) -> str:
    return f"| {what} | {figure} | {goal} | {'met' if met else '**not met**'} |"


_HEAD = ["| what | measured | goal | |", "|---|---|---|---|"]


def _throughput(results: Results) -> Iterator[str]:
    measured = _get(results, "throughput")
    if not measured:
        return
    records = measured["records"]
    figures = {figure["name"]: figure for figure in measured["figures"]}
    rate = {name: records / f["cpu_seconds"] for name, f in figures.items() if f["cpu_seconds"]}
    first = rate.get("listbackup, first backup", 0)
    yield f"{records:,} contacts of 1.1 KB in pages of 100 from the same loopback server; whole processes, start-up included."
    yield ""
    yield "| candidate | records per CPU-second | ours is | wall | peak memory | spread | runs |"
    yield "|---|---|---|---|---|---|---|"
    for name, f in figures.items():
        if not f["cpu_seconds"]:
            yield f"| {name} | {f['note']} | | | | | |"
            continue
        yield f"| {name} | {rate[name]:,.0f} | {first / rate[name]:.2f}x | {f['wall_seconds']:.1f} s | {f['peak_bytes'] / 1e6:.0f} MB | {f['spread']:.0%} | {f['runs']} |"
    yield ""
    yield from _HEAD
    if first:
        share = first / rate["limit script"]
        yield _goal("of the limit script", f"{share:.2f}", "two thirds", share >= 2 / 3)
        yield _goal("records per CPU-second", f"{first:,.0f}", "55,000", first >= 55_000)
        airbyte = [value for name, value in rate.items() if name.startswith("airbyte")]
        dlt = [value for name, value in rate.items() if name.startswith("dlt")]
        if airbyte:
            yield _goal("of airbyte-cdk", f"{first / airbyte[0]:.1f}x", "6x", first > 6 * airbyte[0])
        if dlt:
            yield _goal("of dlt's fastest", f"{first / max(dlt):.1f}x", "10x", first > 10 * max(dlt))
    parsing = _get(results, "parsing")
    if isinstance(parsing, Mapping):
        yield from _redelivery(parsing)
    million = _get(results, "million")
    if million and million["cpu_seconds"]:
        yield _goal(
            "1,000,000 records, peak memory (one run)", f"{million['peak_bytes'] / 1e6:.0f} MB", "200 MB", million["peak_bytes"] <= 200e6
        )


def _redelivery(measured: Mapping[str, float]) -> Iterator[str]:
    """An unchanged full re-delivery, told in as many ways as it can be compared."""
    alone, mine = measured["parsing_seconds"], measured["ours_seconds"]
    what = f"unchanged re-delivery over fetching and parsing the pages alone, without start-up of either ({mine:.2f} : {alone:.2f} s)"
    yield _goal(what, f"{mine / alone:.2f}x", "1.1x", mine <= 1.1 * alone)
    if "first_seconds" in measured:
        first = measured["first_seconds"]
        what = f"the first one after the first backup, which learnt the pages in passing ({first:.2f} : {alone:.2f} s)"
        yield _goal(what, f"{first / alone:.2f}x", "1.1x", first <= 1.1 * alone)
    learning = measured["learning_seconds"]
    yield f"| one that knows no pages, as on another machine, and learns them ({learning:.2f} : {alone:.2f} s) | {learning / alone:.2f}x | | |"
    whole, script, limit = (measured[f"{name}_process_seconds"] for name in ("ours", "parsing", "limit"))
    what = f"the same as whole processes, start-up and all ({whole:.2f} : {script:.2f} s)"
    yield _goal(what, f"{whole / script:.2f}x", "1.1x", whole <= 1.1 * script)
    yield f"| the same over the limit script, which also compresses and writes ({whole:.2f} : {limit:.2f} s) | {whole / limit:.2f}x | | |"


def _latency(results: Results) -> Iterator[str]:
    measured = _get(results, "latency")
    if not measured:
        return
    yield f"{measured['pages']} pages, {measured['latency_seconds'] * 1000:.0f} ms each. Fetching is from the first page asked for to the last one sent; wall is the whole process."
    yield ""
    yield "| candidate | fetching | wall | most in flight |"
    yield "|---|---|---|---|"
    own = {
        "by hand, 16 threads": "by_hand_numbered",
        "ours, numbered pages": "ours_numbered",
        "by hand, serial cursor": "by_hand_chained",
        "ours, serial cursor": "ours_chained",
    }
    for name, key in own.items():
        m = measured[key]
        yield f"| {name} | {m['fetching_seconds']:.2f} s | {m['wall_seconds']:.2f} s | {m['most_in_flight']:.0f} |"
    yield from _peer_rows(measured["peers"])
    yield ""
    yield from _HEAD
    ratio = measured["ours_numbered"]["fetching_seconds"] / measured["by_hand_numbered"]["fetching_seconds"]
    yield _goal("numbered pages over the same concurrency by hand", f"{ratio:.2f}x", "1.15x", ratio <= 1.15)
    serial = measured["ours_chained"]["fetching_seconds"] / (measured["latency_seconds"] * measured["pages"])
    yield _goal("serial cursor over latency x pages", f"{serial:.3f}x", "1.05x", serial <= 1.05)


def _peer_rows(peers: Mapping[str, Any]) -> Iterator[str]:
    for name, m in peers.items():
        if isinstance(m, str):
            yield f"| {name} | {m} | | |"
        else:
            yield f"| {name} | {m['fetching_seconds']:.2f} s | {m['wall_seconds']:.2f} s | {m['most_in_flight']:.0f} |"


def _rate(results: Results) -> Iterator[str]:
    measured = _get(results, "rate")
    if not measured:
        return
    limit, pages = measured["per_second"], measured["pages"]
    best = (pages - limit) / limit  # the first second's worth may come at once
    yield f"{limit:.0f} requests a second (a burst of {limit:.0f} at the start), 100 ms latency, {pages} pages: {best:.1f} s is the least."
    yield ""
    yield "| candidate | fetching | of the limit used | answers 429 |"
    yield "|---|---|---|---|"
    for name, m in {"ours": measured["ours"], **measured["peers"]}.items():
        if isinstance(m, str):
            yield f"| {name} | {m} | | |"
        else:
            yield f"| {name} | {m['fetching_seconds']:.2f} s | {_used(m, limit):.0%} | {m['refused'] / m['requests']:.1%} |"
    yield ""
    yield from _HEAD
    ours = measured["ours"]
    used, refused = _used(ours, limit), ours["refused"] / ours["requests"]
    yield _goal("of the limit", f"{used:.1%}", "97 %", used >= 0.97)
    yield _goal("answers 429", f"{refused:.1%}", "1 %", refused <= 0.01)


def _used(measured: Mapping[str, float], limit: float) -> float:
    return (measured["requests"] - measured["refused"]) / measured["fetching_seconds"] / limit


def _storage(results: Results) -> Iterator[str]:
    stable, shuffled, bound = _get(results, "stable"), _get(results, "random"), _get(results, "bound")
    if not (stable and shuffled and bound):
        return
    yield "203,000 records, thirty days, each 1 % changed, 0.1 % deleted, 0.2 % added. Ours keeps 31 snapshots; the tools keep the same daily dump in stable order."
    yield ""
    yield "| keeper | stored | one record of day 15 | difference of days 10 and 20 | all of day 15 |"
    yield "|---|---|---|---|---|"
    for name, m in {"ours, stable order": stable, "ours, random order": shuffled, **(_get(results, "storage_peers") or {})}.items():
        yield _storage_row(name, m)
    yield ""
    yield "Ours reads in process, the tools as whole processes; `listbackup show` as a whole process is below. Our difference is the list of changed keys; with both values of each it took "
    yield f"{stable.get('diff_with_values_seconds', 0):.2f} s."
    yield ""
    yield from _HEAD
    if "failed" in stable or "failed" in shuffled:
        return
    whole = bound["base_bytes"] + bound["later_bytes"]
    for name, m in (("stable", stable), ("random", shuffled)):
        yield _goal(f"stored, {name} order", f"{m['stored_bytes'] / 1e6:.1f} MB", "75 MB", m["stored_bytes"] <= 75e6)
        yield _goal(
            f"stored over the lower bound ({whole / 1e6:.1f} MB), {name}",
            f"{m['stored_bytes'] / whole:.2f}x",
            "1.10x",
            m["stored_bytes"] <= 1.10 * whole,
        )
        if "merged_bytes" in m:
            yield _goal(f"after the base merge, {name}", f"{m['merged_bytes'] / whole:.2f}x", "0.95x", m["merged_bytes"] <= 0.95 * whole)
        daily = sum(m["daily_bytes"]) / bound["later_bytes"]
        yield _goal(
            f"written per 1 % run over its solid-compressed changes, without compaction kept, {name}",
            f"{daily:.2f}x",
            "1.25x",
            daily <= 1.25,
        )
        if "written_bytes" in m:
            written = m["written_bytes"] / bound["later_bytes"]
            yield _goal(f"written with compaction, {name}", f"{written:.2f}x", "2.5x", written <= 2.5)
    cold, warm = stable["record_cold"], stable["record_warm"]
    yield _goal("one record of day 15", f"{stable['record_seconds'] * 1000:.2f} ms", "5 ms", stable["record_seconds"] <= 0.005)
    yield _goal(
        "cold: round trips, bytes",
        f"{cold['round_trips']}, {cold['bytes']:,}",
        "3, 1 MB",
        cold["round_trips"] <= 3 and cold["bytes"] <= 1e6,
    )
    yield _goal("warm: round trips", f"{warm['round_trips']:.2f}", "1", warm["round_trips"] < 1.5)
    yield _goal("difference of days 10 and 20", f"{stable['diff_seconds']:.2f} s", "0.35 s", stable["diff_seconds"] <= 0.35)
    each = stable["diff_requests"]["bytes"] / stable["diff_rows"]
    yield _goal("bytes read per changed row", f"{each:.0f}", "40", each <= 40)
    yield _goal("an unchanged run writes", f"{stable['unchanged_bytes']:,} bytes", "65,536", stable["unchanged_bytes"] <= 65_536)
    yield _goal("scan over decrypt + decompress alone", f"{stable['scan_share']:.2f}x", "0.4x", stable["scan_share"] >= 0.4)


def _storage_row(name: str, m: Mapping[str, Any]) -> str:
    if "stored_bytes" not in m:
        return f"| {name} | {m.get('absent') or m.get('failed')} | | | |"

    def seconds(key: str) -> str:
        return f"{m[key] * 1000:.1f} ms" if m.get(key, 1) < 0.1 else f"{m[key]:.2f} s" if key in m else "no way but the whole chain"

    return f"| {name} | {m['stored_bytes'] / 1e6:.1f} MB | {seconds('record_seconds')} | {seconds('diff_seconds')} | {seconds('all_seconds')} |"


def _commands(results: Results) -> Iterator[str]:
    measured = _get(results, "show")
    if not measured or "failed" in measured:
        return
    yield from _HEAD
    yield _goal(
        "`listbackup show` of one record, whole process", f"{measured['show_seconds']:.2f} s", "0.25 s", measured["show_seconds"] <= 0.25
    )
    yield f"| `listbackup --version`, whole process | {measured['version_seconds']:.2f} s | | |"


def _cold(results: Results) -> Iterator[str]:
    measured = _get(results, "cold")
    if not measured or "failed" in measured:
        return
    yield from _HEAD
    for title, cpu in measured["cpu_ms"].items():
        if title.startswith("http") and "KMS" not in title:  # the goal is for one client
            yield _goal(
                f"cold start to the first answer: {title}", f"{cpu:.0f} ms of CPU", f"{measured['goal_ms']} ms", cpu <= measured["goal_ms"]
            )
        else:
            yield f"| cold start to the first answer: {title} | {cpu:.0f} ms of CPU | | |"
    yield f"| folders, unpacked | {', '.join(f'{name} {size:.0f} MB' for name, size in measured['megabytes'].items())} | 250 MB | |"


def _scale(results: Results) -> Iterator[str]:
    yield from _HEAD
    quarters, snapshots, churn, millions = (_get(results, name) for name in ("quarters", "snapshots", "churn", "millions"))
    if quarters and "runs" in quarters:
        over = quarters["written_over_changes"]
        yield _goal(f"{quarters['runs']:,} quarter-hour runs: bytes written over the changes", f"{over:.1f}x", "7x", over <= 7)
        yield _goal("segments at most", f"{quarters['segments_most']}", "24", quarters["segments_most"] <= 24)
        yield _goal("writes per run", f"{quarters['puts_per_run']:.2f}", "4", quarters["puts_per_run"] <= 4)
    if snapshots and "ratio" in snapshots:
        yield _goal(
            f"a read at {snapshots['snapshots']:,} snapshots over one at 10", f"{snapshots['ratio']:.2f}x", "2x", snapshots["ratio"] <= 2
        )
    if churn and "runs" in churn:
        what = f"every record changed by each of {churn['runs']} runs: scan of the newest snapshot over decrypt + decompress alone"
        yield _goal(what, f"{churn['newest_share']:.2f}x", "0.4x", churn["newest_share"] >= 0.4)
        yield f"| the same of one in the middle, all whose versions lie side by side | {churn['middle_share']:.2f}x | | |"
    if millions and "records" in millions:
        what, peak = f"{millions['records']:,} records in one stream, whole commands", millions["peak_bytes"]
        yield _goal(f"{what}: peak memory (one run)", f"{peak / 1e6:.0f} MB", "256 MB", peak <= 256e6)
        yield f"| first backup, unchanged full re-delivery | {millions['first_seconds']:.0f} s, {millions['again_seconds']:.0f} s | | |"
        alone = _get(results, "million")["cpu_seconds"]
        yield f"| CPU of the first for each million (of a million alone: {alone:.1f} s) | {millions['first_cpu_seconds'] * 1e6 / millions['records']:.1f} s | | |"
    for name in ("quarters", "snapshots", "churn", "millions"):
        kept = _get(results, name)
        if kept and "failed" in kept:
            yield f"| {name} | failed: {kept['failed']} | | **not met** |"


def _api(results: Results) -> Iterator[str]:
    measured = _get(results, "api")
    if not measured:
        return
    if "failed" in measured:
        yield f"Failed: {measured['failed']}"
        return
    yield f"With an API key, over loopback. Latency one request after the other, by turns in an installation of one account and in one of {measured['many']:,}; CPU of the server process per request, eight at a time."
    yield ""
    yield "| operation | p50, p99 with one | p50, p99 with many | CPU with one | with many |"
    yield "|---|---|---|---|---|"
    for name, m in measured["operations"].items():
        one, many = (f"{m[f'p50_{label}'] * 1000:.1f}, {m[f'p99_{label}'] * 1000:.1f} ms" for label in ("one", "many"))
        yield f"| {name} | {one} | {many} | {m['cpu_one'] * 1000:.2f} ms | {m['cpu_many'] * 1000:.2f} ms |"
    yield ""
    yield from _HEAD
    worst = max(measured["operations"].items(), key=lambda item: item[1]["p99_many"] / item[1]["p99_one"])
    ratio = worst[1]["p99_many"] / worst[1]["p99_one"]
    yield _goal(f"p99 with {measured['many']:,} accounts over one, the worst of ten ({worst[0]})", f"{ratio:.2f}x", "2x", ratio <= 2)
    yield from _plain(measured["plain"])
    signing = measured["login"]
    yield f"| signing in by password (argon2id as designed) | {signing['wall_seconds']:.2f} s, {signing['cpu_seconds']:.2f} s of CPU | | |"
    live = measured["live"]
    met = live["unheard"] == 0 and live["median_seconds"] <= 0.25
    what = f"a change until half of {live['listeners']:,} listeners had it; the last one; who did not hear"
    yield _goal(what, f"{live['median_seconds'] * 1000:.0f} ms; {live['last_seconds'] * 1000:.0f} ms; {live['unheard']:.0f}", "250 ms", met)
    tick = measured["tick"]
    yield f"| the scheduler's tick among {tick['jobs']:,} jobs, none due | {tick['idle_seconds'] * 1e6:.0f} us | | |"
    yield f"| starting one of {tick['due']:,} that are due at once | {tick['start_seconds'] * 1000:.1f} ms | | |"


def _plain(plain: Mapping[str, Any]) -> Iterator[str]:
    """The plain reads beside the bare handler: by processor time, because what the machine does besides changes rates and not that."""
    if "absent" in plain:
        yield f"| beside FastAPI + SQLite | {plain['absent']} | 70 % | **not met** |"
        return
    for name, m in plain["reads"].items():
        share = m["bare_cpu"] / m["our_cpu"]
        what = f"{name}: requests per CPU-second of those of bare {plain['version']} + SQLite ({1 / m['our_cpu']:,.0f} of {1 / m['bare_cpu']:,.0f}; rates {m['our_rate']:,.0f} and {m['bare_rate']:,.0f})"
        yield _goal(what, f"{share:.0%}", "70 %", share >= 0.7)


def _cost(results: Results) -> Iterator[str]:
    measured = _get(results, "cost")
    if not measured:
        return
    if "failed" in measured:
        yield f"Failed: {measured['failed']}"
        return
    yield f"Counted over the emulator, a run of a source of {RECORDS:,} records; seconds are reckoned, see docs/guides/cost.md."
    yield ""
    yield from table(measured)


_SECTIONS = (
    ("Records per CPU-second", _throughput),
    ("A slow platform", _latency),
    ("A limited platform", _rate),
    ("Thirty days", _storage),
    ("Commands", _commands),
    ("Scale", _scale),
    ("HTTP API", _api),
    ("Functions", _cold),
    ("What AWS is asked for", _cost),
)

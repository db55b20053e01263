"""Thirty daily dumps kept by general tools: what they store, and what one record, a difference and a whole day cost as whole processes.

``python -m bench.storage_peers {restic|borg|borg4k|delta|zstd}`` prints one JSON line. The dump is the same JSON Lines file every day, in order of ids.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from bench.candidates import program
from bench.evolve import Day, days
from bench.measure import ROOT, WORK, run

RECORD = "000000150001"
ENV = {"RESTIC_PASSWORD": "bench", "BORG_PASSPHRASE": "bench", "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes"}


def dump(day: Day, target: Path) -> None:
    """Write the day's listing, a record a line."""
    target.write_bytes(b"\n".join(day.records.values()) + b"\n")


def size_of(folder: Path) -> int:
    """All bytes under the folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def quiet(command: list[str], cwd: Path) -> None:
    """Run, fail loudly."""
    subprocess.run(command, check=True, cwd=cwd, env={**os.environ, **ENV}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def keep_with(home: Path, init: list[str] | None, keep: Callable[[int], list[str]], until: int) -> None:
    """Dump each day and let the tool keep it."""
    if init:
        quiet(init, home)
    for day in days(until=until):
        dump(day, home / "contacts.jsonl")
        quiet(keep(day.number), home)


def timed(shell: str, home: Path) -> float:
    """Wall seconds [s] of a whole command, median of three."""
    done = [run(["sh", "-c", shell], env=ENV, cwd=home) for _ in range(3)]
    if any(one.code for one in done):
        raise SystemExit(f"failed: {shell}: {done[0].said}")
    return sorted(one.wall_seconds for one in done)[1]


def restic(home: Path, until: int) -> dict[str, object]:
    """restic with its default compression."""
    keep_with(
        home, ["restic", "-r", "repo", "init"], lambda d: ["restic", "-r", "repo", "backup", "--tag", f"d{d}", "contacts.jsonl"], until
    )

    def read(day: int) -> str:
        return f"restic -r repo dump --tag d{day} latest /contacts.jsonl"

    return reads(home, home / "repo", read)


def borg(home: Path, until: int, chunks: str | None = None) -> dict[str, object]:
    """borg with zstd-3; ``chunks`` are its chunker's parameters."""
    more = ["--chunker-params", chunks] if chunks else []
    keep_with(
        home,
        ["borg", "init", "-e", "repokey", "repo"],
        lambda d: ["borg", "create", "-C", "zstd,3", *more, f"repo::d{d}", "contacts.jsonl"],
        until,
    )
    return reads(home, home / "repo", lambda day: f"borg extract --stdout repo::d{day} contacts.jsonl")


def zstd(home: Path, until: int) -> dict[str, object]:
    """A chain of zstd patches: the least bytes of all, and no way to one record but through the whole chain."""
    (home / "repo").mkdir()
    for day in days(until=until):
        dump(day, home / "now.jsonl")
        base = ["--patch-from=before.jsonl"] if day.number else []
        quiet(["zstd", "-q", "-3", "--long=28", *base, "now.jsonl", "-o", f"repo/{day.number}.zst"], home)
        (home / "now.jsonl").replace(home / "before.jsonl")
    return {"stored_bytes": size_of(home / "repo")}


def delta(home: Path, until: int) -> dict[str, object]:
    """delta-rs: a merge of each day's changes (told to it; it finds none itself)."""
    changes = home / "changes"
    changes.mkdir()
    for day in days(until=until):
        fresh = sorted(day.changed | day.added)
        (changes / f"{day.number}.jsonl").write_bytes(b"\n".join(day.records[n] for n in fresh))
        (changes / f"{day.number}.gone").write_text("\n".join(day.key(n) for n in day.deleted))
    python = WORK / "peers" / "deltalake" / "bin" / "python"
    script = ROOT / "bench" / "peers" / "deltalake" / "run.py"
    quiet([str(python), str(script), "keep", str(until)], home)
    stored = size_of(home / "repo")
    asked = {name: timed(f"{python} {script} {name} >/dev/null", home) for name in ("record", "diff", "all")}
    return {"stored_bytes": stored, "record_seconds": asked["record"], "diff_seconds": asked["diff"], "all_seconds": asked["all"]}


def reads(home: Path, repo: Path, read: Callable[[int], str]) -> dict[str, object]:
    """What one record of day 15, the difference of days 10 and 20 and all of day 15 cost."""
    middle = 15
    return {
        "stored_bytes": size_of(repo),
        "record_seconds": timed(f"{read(middle)} | grep -m1 {RECORD} >/dev/null", home),
        "diff_seconds": timed(f"{read(10)} > a.jsonl && {read(20)} > b.jsonl && diff a.jsonl b.jsonl > d.txt; test -s d.txt", home),
        "all_seconds": timed(f"{read(middle)} > all.jsonl", home),
    }


def main() -> None:
    """Measure one tool and print what it stored and took."""
    name, until = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 30
    home = WORK / "storage" / name
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    kinds: dict[str, Callable[[], dict[str, object]]] = {
        "restic": lambda: restic(home, until),
        "borg": lambda: borg(home, until),
        "borg4k": lambda: borg(home, until, "buzhash,10,16,12,4095"),
        "delta": lambda: delta(home, until),
        "zstd": lambda: zstd(home, until),
    }
    needed = {"borg4k": "borg", "delta": "python3"}.get(name, name)
    if program(needed) is None:
        print(json.dumps({"absent": f"{needed} is not installed"}))
        return
    print(json.dumps(kinds[name]()))
    shutil.rmtree(home)


if __name__ == "__main__":
    main()

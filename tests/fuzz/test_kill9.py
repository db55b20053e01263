"""A run that was acknowledged survives any kill, one that was not is never half there, and a restore that was killed makes nothing twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROCESSES = 2
ACTS = {"backup", "prune", "compact", "rotate", "reseal", "shred", "restore"}
SHARED_MEMORY = Path("/dev/shm")


def kill_everywhere(kills: int, seed: int) -> dict[str, int]:
    """The tallies of ``PROCESSES`` harnesses side by side, added up. SIGKILL leaves the page cache alone, so memory serves as the disk where there is some."""
    each = [sys.executable, "-m", "listbackup.testing.kill9", "--kills", str(kills // PROCESSES)]
    env = {**os.environ, **({"TMPDIR": str(SHARED_MEMORY)} if os.access(SHARED_MEMORY, os.W_OK) else {})}
    running = [
        subprocess.Popen([*each, "--seed", str(seed + number)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env)
        for number in range(PROCESSES)
    ]
    said = [child.communicate()[0].decode().strip().splitlines()[-1] for child in running]
    tallies = [json.loads(line) for line in said]
    assert [tally["violations"] for tally in tallies] == [[]] * PROCESSES
    assert all(set(tally["by_act"]) == ACTS for tally in tallies)
    return {
        name: sum(tally[name] for tally in tallies) for name in ("kills", "kept", "snapshots_compared", "restored", "undone", "shredded")
    }


@pytest.mark.timeout(1500)
def test_ten_thousand_kills_lose_nothing() -> None:
    tally = kill_everywhere(10_000, seed=1)
    assert tally["kills"] >= 10_000
    assert tally["kept"] > 400
    assert tally["snapshots_compared"] > 15_000
    assert min(tally["restored"], tally["undone"], tally["shredded"]) > 50


@pytest.mark.long
@pytest.mark.timeout(20_000)
def test_a_hundred_thousand_kills_lose_nothing() -> None:
    assert kill_everywhere(100_000, seed=1_000)["kills"] >= 100_000

"""A run that was acknowledged survives any kill, one that was not is never half there, and a restore that was killed makes nothing twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SHARDS = 8
ACTS = {"backup", "prune", "compact", "rotate", "reseal", "shred", "restore"}
SHARED_MEMORY = Path("/dev/shm")


def kill_everywhere(kills: int, seed: int) -> dict[str, int]:
    """The tally of one harness, without a violation. SIGKILL leaves the page cache alone, so memory serves as the disk where there is some."""
    command = [sys.executable, "-m", "listbackup.testing.kill9", "--kills", str(kills), "--seed", str(seed)]
    env = {**os.environ, **({"TMPDIR": str(SHARED_MEMORY)} if os.access(SHARED_MEMORY, os.W_OK) else {})}
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env, check=False)
    tally = json.loads(done.stdout.decode().strip().splitlines()[-1])
    assert tally["violations"] == []
    assert set(tally["by_act"]) == ACTS
    assert tally["kills"] >= kills
    return tally


@pytest.mark.timeout(1500)
@pytest.mark.parametrize("shard", range(SHARDS))
def test_ten_thousand_kills_lose_nothing(shard: int) -> None:
    tally = kill_everywhere(10_000 // SHARDS, seed=1 + shard)
    assert tally["kept"] > 400 / SHARDS
    assert tally["snapshots_compared"] > 15_000 / SHARDS
    assert min(tally["restored"], tally["undone"], tally["shredded"]) >= 50 // SHARDS


@pytest.mark.long
@pytest.mark.timeout(20_000)
@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_hundred_thousand_kills_lose_nothing(shard: int) -> None:
    kill_everywhere(100_000 // SHARDS, seed=1_000 + shard)

"""The store's real code under every interleaving that ten thousand seeds can think of."""

from __future__ import annotations

import pytest

from listbackup.testing.mistakes import Mistake
from listbackup.testing.protosim import Tally, Violation, World

EPISODES, SHARDS = 10_000, 16


def play(seeds: range, mistake: Mistake = Mistake.NONE, *, steps: int = 160) -> Tally:
    tally = Tally()
    for seed in seeds:
        try:
            tally.add(World(seed, mistake, steps=steps).run())
        except Violation as violation:
            raise Violation(f"seed {seed}: {violation}") from violation
    return tally


@pytest.mark.parametrize("shard", range(SHARDS))
def test_ten_thousand_episodes_are_clean(shard: int) -> None:
    per_shard = EPISODES // SHARDS
    tally = play(range(shard * per_shard, (shard + 1) * per_shard))
    assert tally.commits > per_shard
    assert tally.reads > per_shard
    assert min(tally.compactions, tally.crashes, tally.stalls, tally.swept, tally.expired, tally.resumed) > 0


@pytest.mark.parametrize("mistake", [each for each in Mistake if each is not Mistake.NONE])
def test_every_planted_mistake_is_caught(mistake: Mistake) -> None:
    with pytest.raises(Violation):
        play(range(1_500), mistake)


@pytest.mark.long
@pytest.mark.timeout(0)
@pytest.mark.parametrize("shard", range(SHARDS))
def test_long_episodes_are_clean(shard: int) -> None:
    play(range(1_000_000 + shard * 2_000, 1_000_000 + (shard + 1) * 2_000), steps=600)

"""Restores among people who go on working: planned, carried out, killed, gone on with and undone, in an order that the seed decides."""

from __future__ import annotations

import pytest

from listbackup.testing.restoring import Episode, RestoreLife


def live(seeds: range, **platform: bool) -> list[Episode]:
    return [RestoreLife(seed, **platform).run() for seed in seeds]


def test_no_newer_edit_is_lost_and_nothing_is_made_twice() -> None:
    episodes = live(range(300))
    assert [episode for episode in episodes if not episode.clean] == []
    assert sum(episode.edits for episode in episodes) > 150
    assert sum(episode.kills for episode in episodes) > 150


def test_the_judge_sees_edits_that_a_platform_without_conditions_loses() -> None:
    """Between the last look and the write a person can always come; only the platform can refuse. This is what is lost where it does not."""
    episodes = live(range(120), refuses_stale_writes=False)
    assert any(episode.lost for episode in episodes)
    assert all(not episode.twice for episode in episodes)


def test_the_judge_sees_copies_that_a_platform_without_idempotency_keys_makes() -> None:
    episodes = live(range(80), knows_repetitions=False)
    assert any(episode.twice for episode in episodes)
    assert all(not episode.lost for episode in episodes)


@pytest.mark.long
def test_ten_thousand_lives() -> None:
    assert [episode for seed in range(10_000, 20_000) if not (episode := RestoreLife(seed).run()).clean] == []

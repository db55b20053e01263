"""Accounts against a plain model: moves, roles, deletions, suspensions and days in any order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from listbackup.services.accounts import Accounts, Lifecycle, Members, Standing
from listbackup.testing.machines.tenancy_machine import tell_stories


def test_accounts_and_a_dict_agree_on_what_everybody_may_do() -> None:
    tell_stories(stories=40, steps=30)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_accounts_and_a_dict_agree_for_long() -> None:
    tell_stories(stories=2000, steps=80)


MISTAKES: dict[str, tuple[type, str, Callable[..., Any]]] = {
    "a branch may be as deep as it likes": (Accounts, "_height", lambda *_: 1),
    "an account comes under itself": (Accounts, "_settled", lambda *_: []),
    "the last owner leaves": (Members, "_owners_left", lambda self, chain, owners, members=0: self._tally(chain.account.id, self._table.find(chain.account.id, "tally"), owners=owners, members=members)),
    "anybody gives anything": (Standing, "demand_to_give", lambda *_: None),
    "a suspended account is used": (Standing, "usable", property(lambda self: self.permissions)),
    "nothing is ever shredded": (Lifecycle, "_shred", lambda *_: 0),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_machine_notices(mistake: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kind, name, wrong = MISTAKES[mistake]
    monkeypatch.setattr(kind, name, wrong)
    with pytest.raises(AssertionError):
        tell_stories(stories=150, steps=30, shrink=False)

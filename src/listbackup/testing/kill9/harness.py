"""The parent: forks, kills, opens what is left and compares it with the truth."""

from __future__ import annotations

import contextlib
import gc
import random
import shutil
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from listbackup.backends.keyring.account_keys import AccountKeys
from listbackup.backends.keyring.seal import open_field
from listbackup.base.errors import BusyError, KeyUnavailable
from listbackup.store import Record, View
from listbackup.testing.kill9 import truth
from listbackup.testing.kill9.acts import ACTS, CONTEXT, Act
from listbackup.testing.kill9.folder import Folder
from listbackup.testing.kill9.fork import Ended, Tell, live
from listbackup.testing.kill9.giveback import GivingBack

STEP = timedelta(hours=5)
ANEW_AFTER = 250  # kills on one folder
RESTORE_WEIGHT = 4


@dataclass(slots=True)
class Tally:
    """What happened."""

    kills: int = 0
    finished: int = 0  # children that were done before their time came
    kept: int = 0
    snapshots_compared: int = 0
    restored: int = 0  # restores that came to their end
    undone: int = 0
    shredded: int = 0
    by_act: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)


class Harness:
    """Kills children over one folder after another."""

    def __init__(self, home: Path, seed: int) -> None:
        self.home, self.dice, self.tally = home, random.Random(seed), Tally()
        self.usual = {act.name: 0.03 for act in ACTS}  # seconds a whole child takes, learnt as we go
        self._giving_back = GivingBack(home.with_name("restored"), self.dice)
        self._begin()
        gc.freeze()  # children do not touch what the parent has loaded, so that it need not be copied for them

    def run(self, kills: int) -> Tally:
        """Kill this many children, looking at what is left after each."""
        on_this_folder = 0
        while self.tally.kills < kills and not self.tally.violations:
            before = self.tally.kills
            self.once()
            on_this_folder += self.tally.kills - before
            if on_this_folder >= ANEW_AFTER:
                self.look(thoroughly=True)
                self._begin()
                on_this_folder = 0
        if not self.tally.violations:
            self.look(thoroughly=True)
        return self.tally

    def once(self) -> None:
        """One child, one look."""
        act = self.dice.choices(ACTS + (None,), [*(act.weight for act in ACTS), RESTORE_WEIGHT])[0]
        if act is None:
            self._give_back()
            return
        self.now += STEP
        ended = self._child(act, self.dice.uniform(0, self.usual[act.name] * 1.2))
        self.usual[act.name] = ended.learnt(self.usual[act.name])
        self._count(act.name, ended)
        for line in ended.said:
            self._hear(line)
        self.look(thoroughly=False)

    def _give_back(self) -> None:
        try:
            self._count("restore", self._giving_back.once())
        except AssertionError as error:
            self.tally.violations.append(f"restore, after {self.tally.kills} kills: {error}")
        self.tally.restored, self.tally.undone = self._giving_back.restored, self._giving_back.undone

    def _count(self, act: str, ended: Ended) -> None:
        self.tally.kills += ended.killed
        self.tally.finished += not ended.killed
        self.tally.by_act[act] += ended.killed

    def look(self, *, thoroughly: bool) -> None:
        """Open the folder and compare: nothing acknowledged is missing, nothing half is there, every byte is as it was."""
        try:
            with contextlib.closing(Folder(self.home, self.now)) as folder:
                self._compare(folder, thoroughly)
                self._judge_shredding(folder)
        except Exception as error:  # noqa: BLE001  (whatever it is, it is a finding)
            self.tally.violations.append(f"after {self.tally.kills} kills: {type(error).__name__}: {error}")

    def _begin(self) -> None:
        shutil.rmtree(self.home, ignore_errors=True)
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.next_run, self.kept, self.may_go = 0, set[int](), set[int]()
        self.sealed, self.wraps, self.shredded = dict[str, bytes](), dict[str, bytes](), set[str]()
        Folder(self.home, self.now, fresh=True).close()

    def _hear(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        if word == "kept":
            self.kept.add(int(rest))
            self.next_run = int(rest) + 1
            self.tally.kept += 1
        elif word == "purging":
            self.may_go.add(int(rest))
        elif word == "sealed":
            account, sealed, wrapped = rest.split()
            self.sealed[account], self.wraps[account] = bytes.fromhex(sealed), bytes.fromhex(wrapped)
        elif word == "shredded":
            self.shredded.add(rest)
            self.tally.shredded += 1
        else:
            self.tally.violations.append(line)

    def _child(self, act: Act, patience: float) -> Ended:
        def work(tell: Tell) -> None:
            with contextlib.suppress(BusyError):  # the lease of a killed one may still hold
                act.run(Folder(self.home, self.now), self.next_run, tell)

        return live(work, patience)

    def _compare(self, folder: Folder, thoroughly: bool) -> None:
        infos = {int(info.run.removeprefix("run_")): info for info in folder.store.snapshots(trash=True)}
        gone = {run for run in self.kept if run not in infos}
        unexpected = {run for run in gone if run + 1 not in self.may_go}
        if unexpected:
            raise AssertionError(f"acknowledged snapshots are missing: {sorted(unexpected)}")
        if set(infos) - self.kept - {self.next_run}:
            raise AssertionError(f"snapshots that no run can have made: {sorted(set(infos) - self.kept)}")
        chosen = list(infos) if thoroughly else self.dice.sample(sorted(infos), min(1, len(infos))) + list(infos)[-1:]
        for run in chosen:
            view = folder.store.at(infos[run].seq)
            _equal(truth.people(run), view, truth.PEOPLE)
            _equal(truth.events(run), view, truth.EVENTS)
            _attached(view, run)
            self.tally.snapshots_compared += 1

    def _judge_shredding(self, folder: Folder) -> None:
        """Each other account is whole or gone; one that was said to be gone is gone, down to the bytes of its wrapped keys."""
        for account, sealed in list(self.sealed.items()):
            if folder.keys.is_shredded(account):
                refused = not _opens(folder.keys, account, sealed)
                if not refused:
                    raise AssertionError(f"{account} is shredded, and its data opens")
            elif account in self.shredded:
                raise AssertionError(f"{account} was shredded, and is there")
            elif not _opens(folder.keys, account, sealed):
                raise AssertionError(f"{account} was not shredded, and does not open")
        for account in self.shredded & set(self.sealed):
            if folder.finds_in_key_store(self.wraps.pop(account)):
                raise AssertionError(f"the wrapped key of {account} still lies in the key store")
            del self.sealed[account]


def _opens(keys: AccountKeys, account: str, sealed: bytes) -> bool:
    try:
        return open_field(keys.for_account(account), sealed, context=CONTEXT) == account.encode()
    except KeyUnavailable:
        return False


def _equal(wanted: truth.Rows, view: View, stream: str) -> None:
    found: list[Record] = list(view.scan(stream))
    if {record.key: record.raw for record in found} != wanted or len(found) != len(wanted):
        raise AssertionError(f"{stream} differs in snapshot {view.seq}")


def _attached(view: View, run: int) -> None:
    [info] = view.attachments(truth.EVENTS, (run * 3,))
    if b"".join(view.open_attachment(info.id)) != truth.attachment(run):
        raise AssertionError(f"the file of run {run} differs")

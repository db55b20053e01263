"""The parent: forks, kills, opens what is left and compares it with the truth."""

from __future__ import annotations

import contextlib
import os
import random
import select
import shutil
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from listbackup.base.errors import BusyError
from listbackup.store import Record, View
from listbackup.testing.kill9 import truth
from listbackup.testing.kill9.acts import ACTS, Act
from listbackup.testing.kill9.folder import Folder

STEP = timedelta(hours=5)
ANEW_AFTER = 250  # kills on one folder


@dataclass(slots=True)
class Tally:
    """What happened."""

    kills: int = 0
    finished: int = 0  # children that were done before their time came
    kept: int = 0
    snapshots_compared: int = 0
    by_act: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)


class Harness:
    """Kills children over one folder after another."""

    def __init__(self, home: Path, seed: int) -> None:
        self.home, self.dice, self.tally = home, random.Random(seed), Tally()
        self.usual = {act.name: 0.03 for act in ACTS}  # seconds a whole child takes, learnt as we go
        self._begin()

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
        act = self.dice.choices(ACTS, [act.weight for act in ACTS])[0]
        self.now += STEP
        said, killed = self._child(act, self.dice.uniform(0, self.usual[act.name] * 1.1))
        self.tally.kills += killed
        self.tally.finished += not killed
        self.tally.by_act[act.name] += killed
        for line in said:
            self._hear(line)
        self.look(thoroughly=False)

    def look(self, *, thoroughly: bool) -> None:
        """Open the folder and compare: nothing acknowledged is missing, nothing half is there, every byte is as it was."""
        try:
            with contextlib.closing(Folder(self.home, self.now)) as folder:
                self._compare(folder, thoroughly)
        except Exception as error:  # noqa: BLE001  (whatever it is, it is a finding)
            self.tally.violations.append(f"after {self.tally.kills} kills: {type(error).__name__}: {error}")

    def _begin(self) -> None:
        shutil.rmtree(self.home, ignore_errors=True)
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.next_run, self.kept, self.may_go = 0, set[int](), set[int]()
        Folder(self.home, self.now, fresh=True).close()

    def _hear(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        if word == "kept":
            self.kept.add(int(rest))
            self.next_run = int(rest) + 1
            self.tally.kept += 1
        elif word == "purging":
            self.may_go.add(int(rest))
        else:
            self.tally.violations.append(line)

    def _child(self, act: Act, patience: float) -> tuple[list[str], bool]:
        reading, writing = os.pipe()
        began = time.perf_counter()
        pid = os.fork()
        if not pid:
            self._be_child(act, writing)
        os.close(writing)
        ended = os.pidfd_open(pid)
        waiting = select.poll()
        waiting.register(ended, select.POLLIN)
        done = bool(waiting.poll(patience * 1000))
        if not done:
            os.kill(pid, signal.SIGKILL)
        self._learn(act, done, time.perf_counter() - began)
        os.waitpid(pid, 0)
        os.close(ended)
        with os.fdopen(reading) as pipe:
            said = pipe.read().splitlines()
        return said, not done

    def _learn(self, act: Act, done: bool, took: float) -> None:
        """Aim the kills at the whole length of the act, so that about one child in six gets to its end."""
        usual = self.usual[act.name]
        self.usual[act.name] = 0.9 * usual + 0.1 * took * 1.1 if done else usual * 1.02

    def _be_child(self, act: Act, writing: int) -> None:
        def tell(line: str) -> None:
            os.write(writing, line.encode() + b"\n")

        try:
            with contextlib.suppress(BusyError):  # the lease of a killed one may still hold
                act.run(Folder(self.home, self.now), self.next_run, tell)
        except Exception as error:  # noqa: BLE001  (told to the parent, which counts it as a violation)
            tell(f"{act.name} failed: {type(error).__name__}: {error}")
        finally:
            os._exit(0)

    def _compare(self, folder: Folder, thoroughly: bool) -> None:
        infos = {int(info.run.removeprefix("run_")): info for info in folder.store.snapshots(trash=True)}
        gone = {run for run in self.kept if run not in infos}
        unexpected = {run for run in gone if run + 1 not in self.may_go}
        if unexpected:
            raise AssertionError(f"acknowledged snapshots are missing: {sorted(unexpected)}")
        if set(infos) - self.kept - {self.next_run}:
            raise AssertionError(f"snapshots that no run can have made: {sorted(set(infos) - self.kept)}")
        chosen = list(infos) if thoroughly else self.dice.sample(sorted(infos), min(3, len(infos))) + list(infos)[-1:]
        for run in chosen:
            view = folder.store.at(infos[run].seq)
            _equal(truth.people(run), view, truth.PEOPLE)
            _equal(truth.events(run), view, truth.EVENTS)
            _attached(view, run)
            self.tally.snapshots_compared += 1


def _equal(wanted: truth.Rows, view: View, stream: str) -> None:
    found: list[Record] = list(view.scan(stream))
    if {record.key: record.raw for record in found} != wanted or len(found) != len(wanted):
        raise AssertionError(f"{stream} differs in snapshot {view.seq}")


def _attached(view: View, run: int) -> None:
    [info] = view.attachments(truth.EVENTS, (run * 3,))
    if b"".join(view.open_attachment(info.id)) != truth.attachment(run):
        raise AssertionError(f"the file of run {run} differs")

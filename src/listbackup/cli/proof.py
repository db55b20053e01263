"""The proof of ``doctor --prove``: real backups of a simulated platform, killed at random moments, and everything that is left compared with the truth."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from listbackup.base.clock import Clock
from listbackup.base.errors import ListBackupError
from listbackup.cli.exit_codes import ExitCode
from listbackup.cli.output import Output
from listbackup.cli.sandbox import Sandbox, sandbox
from listbackup.cli.saving import write_text
from listbackup.cli.simulated import SimulatedCrm, simulated_crm

RECORDS = 3_000
_DAY = {"changed": 0.05, "deleted": 0.005, "added": 0.01}
_RESTORABLE = ("companies", "contacts", "deals")
_LEFT_FOR_COMPARING = 0.3  # of the time
_BACKUP = ("backup", "crm", "--full")  # lists everything, so that the platform as it is now is what the snapshot must hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What was done and what was found. ``held`` when nothing is wrong."""

    seconds: float
    kills: int
    snapshots: int
    compared: int
    wrong: int
    restored: bool
    problems: Sequence[str] = field(default_factory=tuple)

    @property
    def held(self) -> bool:
        """Whether every promise held."""
        return not self.wrong and self.restored and self.snapshots > 0 and not self.problems


class _Witness:
    """Remembers what the platform had when each snapshot was taken, and compares."""

    def __init__(self, box: Sandbox, crm: SimulatedCrm) -> None:
        self._box, self._crm = box, crm
        self._truths: dict[int, dict[str, dict[str, bytes]]] = {}
        self.compared = self.wrong = 0

    def remember(self, seq: int) -> None:
        """The platform as it is now is what snapshot ``seq`` must hold."""
        self._truths[seq] = {stream: _by_id(self._crm.truth(stream)) for stream in self._crm.counts()}

    def compare(self) -> int:
        """Reads every record of every snapshot back; how many snapshots there are."""
        for seq, streams in self._truths.items():
            folder = self._box.folder / f"snapshot-{seq}"
            self._box.ask("export", f"crm@{seq}", "--to", str(folder))
            for stream, truth in streams.items():
                kept = _by_id((folder / f"{stream}.jsonl").read_bytes().splitlines())
                self.compared += len(truth)
                self.wrong += sum(kept.get(key) != raw for key, raw in truth.items()) + len(kept.keys() - truth.keys())
        return len(self._truths)


def prove(out: Output, clock: Clock, *, seconds: int) -> Proof:
    """A proof that takes about this long [s]."""
    began = clock.monotonic()
    dice = random.Random()
    kills = 0
    problems: list[str] = []
    with sandbox(out) as box, simulated_crm(records=RECORDS, seed=dice.randrange(1_000_000)) as crm, out.progress("") as bars:
        write_text(box.folder / "token.txt", crm.token, mode=0o600)
        box.ask("init")
        box.ask("connect", "demo-crm", "--name", "crm", "--set", f"url={crm.url}", "--secret-file", "token=token.txt")
        witness = _Witness(box, crm)
        usual = 1.0
        rounds = 0
        while not rounds or clock.monotonic() - began < seconds * (1 - _LEFT_FOR_COMPARING):
            rounds += 1
            bars.update("killing", int(clock.monotonic() - began), seconds)
            killed, usual = _one_round(box, clock, dice, usual)
            kills += killed
            newest = box.ask("snapshots", "crm")["snapshots"][0]
            if newest["kind"] == "partial":
                problems.append(f"snapshot {newest['number']} is partial although the platform answered everything")
            witness.remember(newest["number"])
            crm.pass_day(**_DAY)
        bars.update("comparing", int(clock.monotonic() - began), seconds)
        snapshots = witness.compare()
        problems += _trouble(box)
        restored = _restore(box, crm)
    took = clock.monotonic() - began
    return Proof(
        seconds=took, kills=kills, snapshots=snapshots, compared=witness.compared, wrong=witness.wrong, restored=restored, problems=problems
    )


def _one_round(box: Sandbox, clock: Clock, dice: random.Random, usual: float) -> tuple[int, float]:
    """Starts a backup and kills it, a few times, then lets one end, and kills a prune; how many were killed, and how long a backup takes."""
    kills = sum(_killed(box, usual * dice.uniform(0.2, 1.0), *_BACKUP) for _ in range(dice.randint(2, 4)))
    began = clock.monotonic()
    child = box.start(*_BACKUP)
    said = child.communicate(timeout=300)[1]
    if child.returncode == ExitCode.BUSY:  # the lease of the killed one runs for a while yet
        _wait_for_lease(box, clock)
    elif child.returncode != ExitCode.OK:
        raise ListBackupError(f"a backup after {kills} kills ended with {child.returncode}: {said.decode(errors='replace').strip()}")
    took = max(0.3, clock.monotonic() - began)
    return kills + _killed(box, dice.uniform(0.2, 0.8), "prune", "crm"), took


def _killed(box: Sandbox, after: float, *arguments: str) -> int:
    """1 when the command was still at work after so many seconds [s] and was killed."""
    child = box.start(*arguments)
    try:
        child.wait(timeout=after)
    except subprocess.TimeoutExpired:
        child.kill()
        return 1
    finally:
        child.communicate()
    return 0


def _wait_for_lease(box: Sandbox, clock: Clock) -> None:
    for _ in range(240):
        clock.sleep(0.5)
        child = box.start(*_BACKUP)
        said = child.communicate(timeout=300)[1]
        if child.returncode == ExitCode.OK:
            return
        if child.returncode != ExitCode.BUSY:
            raise ListBackupError(f"a backup ended with {child.returncode}: {said.decode(errors='replace').strip()}")
    raise ListBackupError("a killed backup still holds its source after two minutes")


def _trouble(box: Sandbox) -> list[str]:
    try:
        box.ask("check", "crm", "--read-data")
    except ListBackupError as error:
        return [error.message]
    return []


def _restore(box: Sandbox, crm: SimulatedCrm) -> bool:
    """A record that the platform lost is restored and the restore undone; whether both are so on the platform."""
    crm.pass_day(changed=0.01, deleted=0.02, added=0.01)
    box.ask(*_BACKUP)
    changes = [msgspec.json.decode(line) for line in box.lines("diff", "crm", "--json")]
    gone: dict[str, Any] | None = next((one for one in changes if one["kind"] == "removed" and one["stream"] in _RESTORABLE), None)
    if gone is None:
        return False
    stream, key, before = gone["stream"], str(gone["key"][0]), crm.counts()[gone["stream"]]
    done = box.ask("restore", "crm@previous", stream, key, "--yes")["restore"]
    there = crm.counts()[stream] == before + 1
    box.ask("undo", done["id"])
    return there and crm.counts()[stream] == before


def _by_id(lines: Sequence[bytes]) -> dict[str, bytes]:
    return {str(msgspec.json.decode(line)["id"]): line for line in lines}

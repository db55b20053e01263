"""Verifications of snapshots against their platform: asked for, carried out in the background, the last one of each kept to be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

import msgspec

from listbackup.base.decode import from_json
from listbackup.base.errors import Interrupted, ListBackupError, NotFound
from listbackup.processor.verify import Verification
from listbackup.services.data.table import VERIFICATIONS
from listbackup.services.data.upkeep import Upkeep
from listbackup.services.desk import Desk
from listbackup.services.scope import Scope


class VerificationState(StrEnum):
    """Where a verification stands."""

    RUNNING = "running"  # or interrupted: ask again
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A verification of one snapshot."""

    snapshot: str
    source: str
    seq: int
    sample: int
    state: VerificationState
    asked_at: datetime
    ended_at: datetime | None = None
    result: Verification | None = None
    message: str | None = None


class Verifications:
    """The last verification of each snapshot of an account."""

    def __init__(self, desk: Desk, upkeep: Upkeep) -> None:
        self._desk, self._upkeep = desk, upkeep

    def ask(self, scope: Scope, source: str, snapshot: str, seq: int, *, sample: int) -> Verified:
        """A verification that is written down: ``carry_out`` does it."""
        asked = Verified(
            snapshot=snapshot,
            source=source,
            seq=seq,
            sample=sample,
            state=VerificationState.RUNNING,
            asked_at=self._desk.clock.now(),
        )
        return self._keep(scope, asked)

    def get(self, scope: Scope, snapshot: str) -> Verified:
        """The last verification of this snapshot. Raises NotFound."""
        row = self._desk.open(VERIFICATIONS, scope).find(snapshot)
        if row is None:
            raise NotFound("the snapshot was not verified yet", hint="ask for it with POST")
        return from_json(str(row["doc"]), Verified)

    def carry_out(self, scope: Scope, asked: Verified, *, should_stop: Callable[[], bool] = lambda: False) -> Verified:
        """The verification, done: what was found, or why it could not be. Raises Interrupted when told to stop."""

        def progress(_: str, __: int, ___: int) -> None:
            if should_stop():
                raise Interrupted("stopped between two records", hint="ask for the verification again")

        try:
            result = self._upkeep.verify(scope, asked.source, seq=asked.seq, sample=asked.sample, progress=progress)
        except Interrupted:
            raise
        except ListBackupError as error:
            return self._fail(scope, asked, error.message)
        return self._keep(scope, replace(asked, state=VerificationState.DONE, ended_at=self._desk.clock.now(), result=result))

    def give_up(self, scope: Scope, snapshot: str, why: str) -> None:
        """The verification has failed, for this reason. Raises NotFound."""
        found = self.get(scope, snapshot)
        if found.state is VerificationState.RUNNING:
            self._fail(scope, found, why)

    def _fail(self, scope: Scope, asked: Verified, why: str) -> Verified:
        return self._keep(scope, replace(asked, state=VerificationState.FAILED, ended_at=self._desk.clock.now(), message=why))

    def _keep(self, scope: Scope, verified: Verified) -> Verified:
        table = self._desk.open(VERIFICATIONS, scope)
        self._desk.commit(scope, [table.put(verified.snapshot, {"doc": msgspec.json.encode(verified).decode()})])
        return verified

"""Prunes of sources that somebody asked for: carried out in the background, the last one of each source kept to be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from listbackup.base.decode import from_json
from listbackup.base.errors import Interrupted, ListBackupError, NotFound
from listbackup.services.data.table import PRUNES
from listbackup.services.data.upkeep import Upkeep
from listbackup.services.data.verifying import VerificationState as PruneState
from listbackup.services.desk import Desk
from listbackup.services.scope import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Prune:
    """A prune of one source: the snapshots that left the trash for good, by number, and how many objects went."""

    source: str
    state: PruneState
    confirmed: bool
    asked_at: datetime
    ended_at: datetime | None = None
    purged: tuple[int, ...] = ()
    deleted: int = 0
    message: str | None = None


class Prunes:
    """The last prune of each source of an account that somebody asked for; those of the workers are not among them."""

    def __init__(self, desk: Desk, upkeep: Upkeep) -> None:
        self._desk, self._upkeep = desk, upkeep

    def ask(self, scope: Scope, source: str, *, confirmed: bool) -> Prune:
        """A prune that is written down: ``carry_out`` does it."""
        return self._keep(scope, Prune(source=source, state=PruneState.RUNNING, confirmed=confirmed, asked_at=self._desk.clock.now()))

    def get(self, scope: Scope, source: str) -> Prune:
        """The last one of this source. Raises NotFound."""
        row = self._desk.open(PRUNES, scope).find(source)
        if row is None:
            raise NotFound("nobody asked for a prune of this source yet", hint="ask for it with POST")
        return from_json(str(row["doc"]), Prune)

    def carry_out(self, scope: Scope, asked: Prune, *, should_stop: Callable[[], bool] = lambda: False) -> Prune:
        """The prune, done: what went, or why it could not be. Raises Interrupted when told to stop; asked again, it goes on."""

        def progress(_: str, __: int, ___: int) -> None:
            if should_stop():
                raise Interrupted("stopped between two objects", hint="ask for the prune again")

        try:
            plan = self._upkeep.plan_prune(scope, asked.source)
            done = self._upkeep.prune(scope, asked.source, plan, progress=progress, confirmed=asked.confirmed)
        except Interrupted:
            raise
        except ListBackupError as error:
            return self._fail(scope, asked, error.message)
        ended = replace(asked, state=PruneState.DONE, ended_at=self._desk.clock.now(), purged=tuple(done.purged), deleted=done.deleted)
        return self._keep(scope, ended)

    def give_up(self, scope: Scope, source: str, why: str) -> None:
        """The prune has failed, for this reason. Raises NotFound."""
        found = self.get(scope, source)
        if found.state is PruneState.RUNNING:
            self._fail(scope, found, why)

    def _fail(self, scope: Scope, asked: Prune, why: str) -> Prune:
        return self._keep(scope, replace(asked, state=PruneState.FAILED, ended_at=self._desk.clock.now(), message=why))

    def _keep(self, scope: Scope, prune: Prune) -> Prune:
        table = self._desk.open(PRUNES, scope)
        self._desk.commit(scope, [table.put(prune.source, {"doc": msgspec.json.encode(prune).decode()})])
        return prune

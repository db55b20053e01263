"""The end of snapshots, ordered by hand: into the trash, out of it, and what nobody needs off the disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field

from listbackup.base.errors import Conflict
from listbackup.http.paging import Body
from listbackup.http.permission import Permission
from listbackup.services.data.errands import Errander, ErrandKind, order
from listbackup.services.data.pruning import Prune, Prunes
from listbackup.services.data.schema import SnapshotShown, show_snapshot
from listbackup.services.data.service import Data
from listbackup.services.data.upkeep import Upkeep
from listbackup.services.data.verifying import VerificationState
from listbackup.services.retention import PolicyIn
from listbackup.services.routing import Answer, Call, Route, changing, reading

_OF = "/sources/{source:src}"
_Number = Annotated[int, Field(ge=1, le=10**9)]


class ExpireIn(Body):
    """Which snapshots go into the trash: those that the preview of this retention would drop, as somebody has seen it."""

    retention: Annotated[PolicyIn | None, Field(description="The retention that was tried; null: the one that holds now.")] = None
    numbers: Annotated[
        tuple[_Number, ...],
        Field(
            min_length=1, max_length=10_000, description="The snapshots that would go; when they are others by now, nothing is done (409)."
        ),
    ]
    confirmed: Annotated[bool, Field(description="A person said yes to the objections of the preview.")] = False


class PruneIn(Body):
    """How to prune."""

    confirmed: Annotated[bool, Field(description="A person said yes to what seems odd: the clock jumped.")] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired:
    """The snapshots that went into the trash, by number; they can be taken out of it for seven days."""

    numbers: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class PruneShown:
    """The last prune of a source that somebody asked for. One that is ``running`` and not ``working`` was interrupted: ask again."""

    source: str
    state: VerificationState
    working: bool
    asked_at: datetime
    ended_at: datetime | None
    purged: Sequence[int]
    deleted: int
    message: str | None


def expiring_routes(data: Data, upkeep: Upkeep, errands: Errander) -> Sequence[Route]:
    """How snapshots end."""
    prunes = Prunes(upkeep.desk, upkeep)

    def expire(call: Call) -> Answer:
        asked, source = call.body(ExpireIn), call.path["source"]
        policy = upkeep.tried(call.scope, source, asked.retention.policy() if asked.retention is not None else None)
        plan = upkeep.plan_expire(call.scope, source, policy)
        if set(plan.dropped) != set(asked.numbers):
            raise Conflict("other snapshots would go by now", hint="look at the preview again", field="numbers")
        return Answer(content=Expired(numbers=upkeep.expire(call.scope, source, plan, confirmed=asked.confirmed)))

    def undelete(call: Call) -> Answer:
        source, snapshot = data.place(call.scope, call.path["snapshot"])
        return Answer(content=show_snapshot(source.id, upkeep.undelete(call.scope, source.id, snapshot.seq)))

    def prune(call: Call) -> Answer:
        scope, source = call.scope, next(iter(data.sources_of(call.scope, call.path["source"]))).id
        thing = f"prune/{source}"
        if errands.is_active(thing):
            return Answer(content=_show(prunes.get(scope, source), working=True))
        asked = prunes.ask(scope, source, confirmed=call.body(PruneIn).confirmed)
        errands.send(order(ErrandKind.PRUNE, scope, source), lambda should_stop: prunes.carry_out(scope, asked, should_stop=should_stop))
        return Answer(content=_show(asked, working=True), location=f"/v2/sources/{source}/prune")

    def pruned(call: Call) -> Answer:
        source = next(iter(data.sources_of(call.scope, call.path["source"]))).id
        return Answer(content=_show(prunes.get(call.scope, source), working=errands.is_active(f"prune/{source}")))

    keep = Permission.RETENTION_MANAGE
    return [
        changing(
            "POST", f"{_OF}/expire", "Put snapshots into the trash that a retention does not keep", keep, expire,
            body=ExpireIn, answers=Expired, step_up=True,
        ),
        changing(
            "POST", "/snapshots/{snapshot:snp}/undelete", "Take a snapshot out of the trash", keep, undelete,
            answers=SnapshotShown, step_up=True,
        ),
        changing(
            "POST", f"{_OF}/prune", "Free what no snapshot needs, in the background", keep, prune,
            body=PruneIn, answers=PruneShown, status=202, step_up=True,
        ),
        reading(f"{_OF}/prune", "How the last prune that somebody asked for ended", Permission.SNAPSHOTS_READ, pruned, PruneShown),
    ]  # fmt: skip


def _show(prune: Prune, *, working: bool) -> PruneShown:
    return PruneShown(
        source=prune.source,
        state=prune.state,
        working=working,
        asked_at=prune.asked_at,
        ended_at=prune.ended_at,
        purged=prune.purged,
        deleted=prune.deleted,
        message=prune.message,
    )

"""What is kept and for how long: holds, retention, verification, coverage."""

from __future__ import annotations

from collections.abc import Sequence

from listbackup.http.permission import Permission
from listbackup.services.data.coverage import Coverage, Recoverability, coverage_of, recoverability_of
from listbackup.services.data.errands import Errander, ErrandKind, order
from listbackup.services.data.keeping_schema import (
    Hold,
    PreviewShown,
    RetentionIn,
    RetentionShown,
    RetentionTried,
    Sample,
    VerificationShown,
    show_preview,
    show_verified,
)
from listbackup.services.data.places import ONE
from listbackup.services.data.schema import SnapshotShown, show_snapshot
from listbackup.services.data.service import Data
from listbackup.services.data.upkeep import Upkeep
from listbackup.services.data.verifying import Verifications
from listbackup.services.routing import Answer, Call, Route, changing, reading
from listbackup.store.model import PruneStats
from listbackup.store.policy import ExpirePlan

_OF = "/sources/{source:src}"


def keeping_routes(data: Data, upkeep: Upkeep, errands: Errander) -> Sequence[Route]:
    """How the account's snapshots are looked after."""
    return [*_holds(data, upkeep), *_retention(data, upkeep), *_verification(data, upkeep, errands), *_covered(data)]


def _holds(data: Data, upkeep: Upkeep) -> Sequence[Route]:
    def hold(call: Call) -> Answer:
        source, snapshot = data.place(call.scope, call.path["snapshot"])
        return Answer(content=show_snapshot(source.id, upkeep.hold(call.scope, source.id, snapshot.seq, call.body(Hold).reason)))

    def release(call: Call) -> Answer:
        source, snapshot = data.place(call.scope, call.path["snapshot"])
        upkeep.release(call.scope, source.id, snapshot.seq)
        return Answer()

    def trust(call: Call) -> Answer:
        source, snapshot = data.place(call.scope, call.path["snapshot"])
        return Answer(content=show_snapshot(source.id, upkeep.clear_suspicion(call.scope, source.id, snapshot.seq)))

    keep, summary = Permission.RETENTION_MANAGE, "Keep a snapshot whatever the retention says"
    true = "A suspect snapshot is true: let the retention go on"
    return [
        changing("POST", f"{ONE}/hold", summary, keep, hold, body=Hold, answers=SnapshotShown),
        changing("POST", f"{ONE}/trust", true, keep, trust, answers=SnapshotShown, step_up=True),
        changing("DELETE", f"{ONE}/hold", "Let a held snapshot go", keep, release, status=204, step_up=True),
    ]


def _retention(data: Data, upkeep: Upkeep) -> Sequence[Route]:
    def get(call: Call) -> Answer:
        source, effective, minimum = upkeep.retention(call.scope, call.path["source"])
        return Answer(content=RetentionShown(own=source.retention, effective=effective, minimum=minimum), version=source.version)

    def put(call: Call) -> Answer:
        asked = call.body(RetentionIn).retention
        upkeep.set_retention(call.scope, call.path["source"], asked.policy() if asked is not None else None, version=call.version)
        return get(call)

    def plan(call: Call) -> Answer:
        return Answer(content=upkeep.plan_expire(call.scope, call.path["source"]))

    def preview(call: Call) -> Answer:
        asked, source = call.body(RetentionTried).retention, call.path["source"]
        policy = upkeep.tried(call.scope, source, asked.policy() if asked is not None else None)
        snapshots = data.snapshots(call.scope, source)
        return Answer(content=show_preview(upkeep.plan_expire(call.scope, source, policy), policy, snapshots))

    def prune(call: Call) -> Answer:
        return Answer(content=upkeep.plan_prune(call.scope, call.path["source"]).stats())

    read, keep, at = Permission.SNAPSHOTS_READ, Permission.RETENTION_MANAGE, f"{_OF}/retention"
    return [
        reading(at, "What is kept of a source", read, get, RetentionShown, versioned=True),
        changing(
            "PUT",
            at,
            "Set what is kept of a source; never less than the account's policy asks",
            keep,
            put,
            body=RetentionIn,
            answers=RetentionShown,
            step_up=True,
            versioned=True,
        ),
        reading(f"{at}/preview", "Which snapshots the retention would keep and drop", read, plan, ExpirePlan),
        changing(
            "POST", f"{at}/preview", "What another retention would keep and drop", read, preview, body=RetentionTried, answers=PreviewShown
        ),
        reading(f"{_OF}/prune/preview", "What a prune would do", read, prune, PruneStats),
    ]


def _verification(data: Data, upkeep: Upkeep, errands: Errander) -> Sequence[Route]:
    verifications = Verifications(upkeep.desk, upkeep)

    def verify(call: Call) -> Answer:
        scope, (source, snapshot) = call.scope, data.place(call.scope, call.path["snapshot"])
        thing = f"verify/{snapshot.id}"
        if errands.is_active(thing):
            return Answer(content=show_verified(verifications.get(scope, snapshot.id), working=True))
        asked = verifications.ask(scope, source.id, snapshot.id, snapshot.seq, sample=call.body(Sample).sample)
        errands.send(
            order(ErrandKind.VERIFY, scope, snapshot.id), lambda should_stop: verifications.carry_out(scope, asked, should_stop=should_stop)
        )
        return Answer(content=show_verified(asked, working=True), location=f"/v2/snapshots/{snapshot.id}/verification")

    def result(call: Call) -> Answer:
        _, snapshot = data.place(call.scope, call.path["snapshot"])
        working = errands.is_active(f"verify/{snapshot.id}")
        return Answer(content=show_verified(verifications.get(call.scope, snapshot.id), working=working))

    execute, shown, summary = (
        Permission.RUNS_EXECUTE,
        VerificationShown,
        "Compare a sample with the platform as it is now, in the background",
    )
    return [
        changing("POST", f"{ONE}/verify", summary, execute, verify, body=Sample, answers=shown, status=202),
        reading(f"{ONE}/verification", "How the last verification of a snapshot ended", Permission.SNAPSHOTS_READ, result, shown),
    ]


def _covered(data: Data) -> Sequence[Route]:
    def coverage(call: Call) -> Answer:
        source = next(iter(data.sources_of(call.scope, call.path["source"])))
        shown = data.discover(call.scope, source.id)
        return Answer(content=coverage_of(source, shown, data.as_of(call.scope, source.id, None)))

    def recoverability(call: Call) -> Answer:
        source = next(iter(data.sources_of(call.scope, call.path["source"])))
        infos = data.described(call.scope, source.id) or {info.name: info for info in data.discover(call.scope, source.id)}
        return Answer(content=recoverability_of(infos, data.as_of(call.scope, source.id, None)))

    read, asks = Permission.SOURCES_READ, (409, 502)
    return [
        reading(f"{_OF}/coverage", "What the platform has and what of it is backed up", read, coverage, Coverage, problems=asks),
        reading(f"{_OF}/recoverability", "How much could be written back today", read, recoverability, Recoverability, problems=asks),
    ]

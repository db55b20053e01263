"""Holds, retention, verification and what is covered, as they go over the wire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from listbackup.http.paging import Body
from listbackup.processor.verify import Verification
from listbackup.services.data.verifying import VerificationState, Verified
from listbackup.services.retention import PolicyIn
from listbackup.store import SnapshotInfo
from listbackup.store.policy import ExpirePlan, Objection, Policy


class Hold(Body):
    """Why the snapshot must stay."""

    reason: Annotated[str, Field(min_length=1, max_length=500)]


class Sample(Body):
    """How many records of each stream are compared with the platform."""

    sample: Annotated[int, Field(ge=1, le=1000)] = 20


class RetentionIn(Body):
    """What is kept of a source; ``retention`` null: what its jobs say between them."""

    retention: PolicyIn | None


class RetentionTried(Body):
    """A retention to try; null: the one that holds now."""

    retention: PolicyIn | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionShown:
    """What is kept of a source: its own word, what holds when its jobs and the account's policy are counted, and what the policy asks at least."""

    own: Policy | None
    effective: Policy
    minimum: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionShown:
    """What would become of one snapshot: kept for these reasons, or dropped where there are none."""

    snapshot: str
    number: int
    at: datetime
    kept: bool
    reasons: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewShown:
    """What a retention would do now. What is dropped rests in the trash for 7 days. With objections a person has to confirm it."""

    retention: Policy
    decisions: Sequence[DecisionShown]
    dropped: int
    objections: Mapping[Objection, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationShown:
    """The last verification of a snapshot. ``result`` is what a sample showed, once it is done."""

    snapshot: str
    state: VerificationState
    working: bool
    asked_at: datetime
    ended_at: datetime | None
    good: bool | None
    sampled: int
    result: Verification | None
    message: str | None


def show_preview(plan: ExpirePlan, policy: Policy, snapshots: Sequence[SnapshotInfo]) -> PreviewShown:
    """The plan as it goes out."""
    ids = {snapshot.seq: snapshot.id for snapshot in snapshots}
    decisions = [
        DecisionShown(snapshot=ids.get(one.seq, ""), number=one.seq, at=one.at, kept=one.kept, reasons=one.reasons)
        for one in plan.decisions
    ]
    return PreviewShown(retention=policy, decisions=decisions, dropped=len(plan.dropped), objections=plan.objections)


def show_verified(verified: Verified, *, working: bool) -> VerificationShown:
    """The verification as it goes out."""
    result = verified.result
    return VerificationShown(
        snapshot=verified.snapshot,
        state=verified.state,
        working=working,
        asked_at=verified.asked_at,
        ended_at=verified.ended_at,
        good=result.good if result is not None else None,
        sampled=result.sampled if result is not None else 0,
        result=result,
        message=verified.message,
    )

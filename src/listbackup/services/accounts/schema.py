"""Accounts as they go over the wire: what is asked, and what is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from listbackup.http.paging import Body, Parameters
from listbackup.http.permission import Permission
from listbackup.services.accounts.limits import Limit
from listbackup.services.accounts.model import Account, AccountState
from listbackup.services.accounts.policies import Effective, Policy
from listbackup.services.accounts.protection import Protection, Verdict
from listbackup.services.accounts.usage import Figures, Roll

_ID = "[0-9a-hjkmnp-tv-z]{26}$"
AccountRef = Annotated[str, Field(pattern=f"^acc_{_ID}", description="An account's id.")]
AccountName = Annotated[str, Field(min_length=1, max_length=100, examples=["Client Ltd"])]
Names = Annotated[tuple[Annotated[str, Field(min_length=1, max_length=100)], ...], Field(max_length=200)]
Most = Annotated[int | None, Field(ge=0, le=1_000_000)]


class NewAccount(Body):
    """An account to be made."""

    name: AccountName


class ChangedAccount(Body):
    """What is to be different of an account."""

    name: AccountName


class Move(Body):
    """Where an account goes with everything below it; null: to the top, by itself."""

    parent: AccountRef | None


class Chosen(Body):
    """The account to work in from now on."""

    account: AccountRef


class Suspension(Body):
    """Why an account is suspended; its people read it."""

    why: Annotated[str, Field(min_length=1, max_length=500)]


class Deletion(Parameters):
    """How much goes."""

    branch: Annotated[bool, Field(description="Everything below it goes too.")] = False


class HierarchyParameters(Parameters):
    """How much of the tree is shown."""

    depth: Annotated[int, Field(ge=1, le=10, description="How many levels below the account.")] = 3


class AccountPolicyIn(Body):
    """What an account asks of itself and of all below it; what is left out or null is left to the accounts above."""

    min_retention_days: Annotated[int | None, Field(ge=0, le=36_500, description="Copies of so many days are kept [days].")] = None
    mfa_required: Annotated[bool | None, Field(description="People need a second factor.")] = None
    may_restore: Annotated[Names | None, Field(description="Only these roles may write back to a platform.")] = None
    allowed_platforms: Annotated[Names | None, Field(description="Only these platforms may be connected.")] = None
    region: Annotated[str | None, Field(min_length=1, max_length=40, description="Where data lies.")] = None

    def read(self) -> Policy:
        """As the service knows it."""
        days = self.min_retention_days
        return Policy(
            min_retention=timedelta(days=days) if days is not None else None,
            mfa_required=self.mfa_required,
            may_restore=self.may_restore,
            allowed_platforms=self.allowed_platforms,
            region=self.region,
        )


class LimitsIn(Body):
    """The most that each account of the branch may have; null: no limit."""

    sub_accounts: Most = None
    members: Most = None
    connections: Most = None
    sources: Most = None
    api_keys: Most = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountShown:
    """An account. ``parent`` is shown to whoever reaches it; ``state`` counts what lies above too."""

    id: str
    name: str
    parent: str | None
    state: AccountState
    created_at: datetime
    suspended_why: str | None
    shred_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDetail(AccountShown):
    """An account, and what the caller may do in it."""

    roles: Sequence[str]
    permissions: Sequence[Permission]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountNode:
    """An account in the tree; ``more``: it has accounts below it that are not shown."""

    id: str
    name: str
    state: AccountState
    children: Sequence[AccountNode]
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Hierarchy:
    """Where an account stands: what is above it as far as the caller reaches, top first, and what is below."""

    above: Sequence[AccountShown]
    tree: AccountNode


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What is held: live records, bytes as stored, snapshots that can be restored, runs there ever were."""

    sources: int
    snapshots: int
    stored_bytes: int
    records: int
    runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageShown:
    """What an account holds, and its branch. The branch's sum is of what was measured last: at ``oldest_at`` or later, ``unmeasured`` accounts not counted.

    ``is_whole`` false: the branch has more accounts than are summed at once.
    """

    own: Held
    measured_at: datetime
    branch: Held
    accounts: int
    unmeasured: int
    oldest_at: datetime
    is_whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectionShown:
    """How well an account is protected: the age of each of its sources' last good snapshot against that source's target, and what endangers the next one.

    ``late`` sources have one that is older than their target (``late_since``: when the first target passed), ``never`` have none; ``incomplete``: the last
    one lacks something; ``unscheduled``: no job runs them by itself. ``attention``: connections that must be repaired. ``records`` and ``stored_bytes`` as
    measured last, null before the first time.
    """

    account: str
    name: str
    parent: str | None
    state: AccountState
    verdict: Verdict
    sources: int
    late: int
    never: int
    incomplete: int
    unscheduled: int
    oldest_at: datetime | None
    late_since: datetime | None
    connections: int
    attention: int
    records: int | None
    stored_bytes: int | None
    measured_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFields:
    """The fields of a policy; null: nothing is asked."""

    min_retention_days: int | None
    mfa_required: bool | None
    may_restore: Sequence[str] | None
    allowed_platforms: Sequence[str] | None
    region: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PoliciesShown:
    """What holds in an account, what it says itself, and where each field that holds comes from: ``account``, or ``above`` where the caller does not reach."""

    effective: PolicyFields
    own: PolicyFields
    origins: Mapping[str, str]
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsShown:
    """What holds in an account, and what was set for it itself."""

    effective: Limit
    own: Limit


def show_account(account: Account, state: AccountState, *, parent: bool) -> AccountShown:
    """The account as it goes out."""
    return AccountShown(
        id=account.id,
        name=account.name,
        parent=account.parent if parent else None,
        state=state,
        created_at=account.created_at,
        suspended_why=account.suspended_why,
        shred_at=account.shred_at,
        version=account.version,
    )


def show_usage(roll: Roll) -> UsageShown:
    """The figures as they go out."""
    return UsageShown(
        own=_held(roll.own),
        measured_at=roll.measured_at,
        branch=_held(roll.branch),
        accounts=roll.accounts,
        unmeasured=roll.unmeasured,
        oldest_at=roll.oldest_at,
        is_whole=roll.is_whole,
    )


def show_protection(account: AccountShown, found: Protection, known: tuple[Figures, datetime] | None) -> ProtectionShown:
    """An account's protection as it goes out."""
    return ProtectionShown(
        account=account.id,
        name=account.name,
        parent=account.parent,
        state=account.state,
        verdict=found.verdict,
        sources=found.sources,
        late=found.late,
        never=found.never,
        incomplete=found.incomplete,
        unscheduled=found.unscheduled,
        oldest_at=found.oldest_at,
        late_since=found.late_since,
        connections=found.connections,
        attention=found.attention,
        records=known[0].records if known is not None else None,
        stored_bytes=known[0].stored_bytes if known is not None else None,
        measured_at=known[1] if known is not None else None,
    )


def show_policies(found: Effective, reached: frozenset[str]) -> PoliciesShown:
    """The policies as they go out."""
    origins = {("min_retention_days" if name == "min_retention" else name): of for name, of in found.origins.items()}
    return PoliciesShown(
        effective=_fields(found.policy),
        own=_fields(found.own),
        origins={name: of if of in reached else "above" for name, of in origins.items()},
        version=found.version,
    )


def _fields(policy: Policy) -> PolicyFields:
    return PolicyFields(
        min_retention_days=policy.min_retention.days if policy.min_retention is not None else None,
        mfa_required=policy.mfa_required,
        may_restore=policy.may_restore,
        allowed_platforms=policy.allowed_platforms,
        region=policy.region,
    )


def _held(figures: Figures) -> Held:
    return Held(
        sources=figures.sources,
        snapshots=figures.snapshots,
        stored_bytes=figures.stored_bytes,
        records=figures.records,
        runs=figures.runs,
    )

"""``client.accounts``: operations, and the models that only they use.

Made by tools/write_client.py (``make openapi``); do not edit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import UNSET, Struct, UnsetType

from listbackup.client.api.shared import AccountShown, AccountState, Permission
from listbackup.client.paging import Page, every
from listbackup.client.session import Request, Session, given, part, repeat_header, version_header
from listbackup.client.words import Word


class AccountDetail(Struct, frozen=True, kw_only=True):
    """An account, and what the caller may do in it."""

    id: str
    name: str
    parent: str | None
    state: AccountState
    created_at: datetime
    suspended_why: str | None
    shred_at: datetime | None
    version: int
    roles: Sequence[str]
    permissions: Sequence[Permission]


class AccountNode(Struct, frozen=True, kw_only=True):
    """An account in the tree; ``more``: it has accounts below it that are not shown."""

    id: str
    name: str
    state: AccountState
    children: Sequence[AccountNode]
    more: bool


class Held(Struct, frozen=True, kw_only=True):
    """What is held: live records, bytes as stored, snapshots that can be restored, runs there ever were."""

    sources: int
    snapshots: int
    stored_bytes: int
    records: int
    runs: int


class Hierarchy(Struct, frozen=True, kw_only=True):
    """Where an account stands: what is above it as far as the caller reaches, top first, and what is below."""

    above: Sequence[AccountShown]
    tree: AccountNode


class Limit(Struct, frozen=True, kw_only=True):
    """The most that one account may have of each; None: no limit. What is set above holds for each account below, unless less is set there."""

    sub_accounts: int | None = None
    members: int | None = None
    connections: int | None = None
    sources: int | None = None
    api_keys: int | None = None


class LimitsShown(Struct, frozen=True, kw_only=True):
    """What holds in an account, and what was set for it itself."""

    effective: Limit
    own: Limit


class PoliciesShown(Struct, frozen=True, kw_only=True):
    """What holds in an account, what it says itself, and where each field that holds comes from: ``account``, or ``above`` where the caller
    does not reach.
    """

    effective: PolicyFields
    own: PolicyFields
    origins: Mapping[str, str]
    version: int


class PolicyFields(Struct, frozen=True, kw_only=True):
    """The fields of a policy; null: nothing is asked."""

    min_retention_days: int | None
    mfa_required: bool | None
    may_restore: Sequence[str] | None
    allowed_platforms: Sequence[str] | None
    region: str | None


class ProtectionShown(Struct, frozen=True, kw_only=True):
    """How well an account is protected: the age of each of its sources' last good snapshot against that source's target, and what endangers
    the next one.

    ``late`` sources have one that is older than their target (``late_since``: when the first target passed), ``never`` have none;
    ``incomplete``: the last one lacks something; ``unscheduled``: no job runs them by itself. ``attention``: connections that must be
    repaired. ``records`` and ``stored_bytes`` as measured last, null before the first time.
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


class UsageShown(Struct, frozen=True, kw_only=True):
    """What an account holds, and its branch. The branch's sum is of what was measured last: at ``oldest_at`` or later, ``unmeasured``
    accounts not counted.

    ``is_whole`` false: the branch has more accounts than are summed at once.
    """

    own: Held
    measured_at: datetime
    branch: Held
    accounts: int
    unmeasured: int
    oldest_at: datetime
    is_whole: bool


class Verdict(Word):
    """How an account stands, the worst first."""

    ATTENTION = "attention"
    EMPTY = "empty"
    PROTECTED = "protected"
    UNPROTECTED = "unprotected"


class AccountsApi:
    """The operations of ``accounts``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def create(self, *, name: str, idempotency_key: str | None = None) -> AccountShown:
        """Open an account at the top, and own it."""
        request = Request(
            method="POST", path="/v2/accounts", body=given({"name": name}), headers={**repeat_header(idempotency_key)}, repeatable=True
        )
        return self._session.ask(AccountShown, request)

    def create_sub_account(self, account: str, *, name: str, idempotency_key: str | None = None) -> AccountShown:
        """Open an account below this one."""
        request = Request(
            method="POST",
            path=f"/v2/accounts/{part(account)}/sub-accounts",
            body=given({"name": name}),
            headers={**repeat_header(idempotency_key)},
            repeatable=True,
        )
        return self._session.ask(AccountShown, request)

    def delete(self, account: str, *, branch: bool | UnsetType = UNSET) -> AccountShown:
        """Delete an account: it can be taken back for seven days, then its keys are destroyed."""
        request = Request(method="DELETE", path=f"/v2/accounts/{part(account)}", query={"branch": branch})
        return self._session.ask(AccountShown, request)

    def descendants(self, account: str, *, cursor: str | None | UnsetType = UNSET, limit: int | UnsetType = UNSET) -> Page[AccountShown]:
        """Everything below an account, each account before those below it."""
        request = Request(method="GET", path=f"/v2/accounts/{part(account)}/descendants", query={"cursor": cursor, "limit": limit})
        return self._session.ask(Page[AccountShown], request)

    def iter_descendants(self, account: str, *, limit: int | UnsetType = UNSET) -> Iterator[AccountShown]:
        """Every item of ``descendants``, page after page."""
        return every(lambda cursor: self.descendants(account, limit=limit, cursor=cursor))

    def get(self, account: str) -> AccountDetail:
        """An account, and what one may do in it."""
        request = Request(method="GET", path=f"/v2/accounts/{part(account)}")
        return self._session.ask(AccountDetail, request)

    def hierarchy(self, account: str, *, depth: int | UnsetType = UNSET) -> Hierarchy:
        """Where an account stands."""
        request = Request(method="GET", path=f"/v2/accounts/{part(account)}/hierarchy", query={"depth": depth})
        return self._session.ask(Hierarchy, request)

    def limits(self, account: str) -> LimitsShown:
        """How much an account may hold."""
        request = Request(method="GET", path=f"/v2/accounts/{part(account)}/limits")
        return self._session.ask(LimitsShown, request)

    def list(self, *, cursor: str | None | UnsetType = UNSET, limit: int | UnsetType = UNSET) -> Page[AccountShown]:
        """The accounts that one reaches, each before those below it."""
        request = Request(method="GET", path="/v2/accounts", query={"cursor": cursor, "limit": limit})
        return self._session.ask(Page[AccountShown], request)

    def iter(self, *, limit: int | UnsetType = UNSET) -> Iterator[AccountShown]:
        """Every item of ``list``, page after page."""
        return every(lambda cursor: self.list(limit=limit, cursor=cursor))

    def move(self, account: str, *, parent: str | None) -> AccountShown:
        """Move an account with everything below it; takes owners of both ends."""
        request = Request(method="POST", path=f"/v2/accounts/{part(account)}/move", body=given({"parent": parent}))
        return self._session.ask(AccountShown, request)

    def policies(self, account: str) -> PoliciesShown:
        """What holds in an account, and where it comes from."""
        request = Request(method="GET", path=f"/v2/accounts/{part(account)}/policies")
        return self._session.ask(PoliciesShown, request)

    def protection(self, account: str, *, cursor: str | None | UnsetType = UNSET, limit: int | UnsetType = UNSET) -> Page[ProtectionShown]:
        """Whether everything below an account is protected, account by account."""
        request = Request(method="GET", path=f"/v2/accounts/{part(account)}/protection", query={"cursor": cursor, "limit": limit})
        return self._session.ask(Page[ProtectionShown], request)

    def iter_protection(self, account: str, *, limit: int | UnsetType = UNSET) -> Iterator[ProtectionShown]:
        """Every item of ``protection``, page after page."""
        return every(lambda cursor: self.protection(account, limit=limit, cursor=cursor))

    def restore(self, account: str) -> AccountShown:
        """Take a deleted account back."""
        request = Request(method="POST", path=f"/v2/accounts/{part(account)}/restore")
        return self._session.ask(AccountShown, request)

    def resume(self, account: str) -> AccountShown:
        """Let a suspended account be used again; asked from above it."""
        request = Request(method="POST", path=f"/v2/accounts/{part(account)}/resume")
        return self._session.ask(AccountShown, request)

    def set_limits(
        self,
        account: str,
        *,
        sub_accounts: int | None | UnsetType = UNSET,
        members: int | None | UnsetType = UNSET,
        connections: int | None | UnsetType = UNSET,
        sources: int | None | UnsetType = UNSET,
        api_keys: int | None | UnsetType = UNSET,
    ) -> LimitsShown:
        """Set how much an account may hold; asked from above it."""
        request = Request(
            method="PUT",
            path=f"/v2/accounts/{part(account)}/limits",
            body=given(
                {"sub_accounts": sub_accounts, "members": members, "connections": connections, "sources": sources, "api_keys": api_keys}
            ),
        )
        return self._session.ask(LimitsShown, request)

    def set_policies(
        self,
        account: str,
        *,
        min_retention_days: int | None | UnsetType = UNSET,
        mfa_required: bool | None | UnsetType = UNSET,
        may_restore: Sequence[str] | None | UnsetType = UNSET,
        allowed_platforms: Sequence[str] | None | UnsetType = UNSET,
        region: str | None | UnsetType = UNSET,
        version: int | None = None,
    ) -> PoliciesShown:
        """What an account asks of itself and all below it; what lies above can only be tightened."""
        request = Request(
            method="PUT",
            path=f"/v2/accounts/{part(account)}/policies",
            body=given(
                {
                    "min_retention_days": min_retention_days,
                    "mfa_required": mfa_required,
                    "may_restore": may_restore,
                    "allowed_platforms": allowed_platforms,
                    "region": region,
                }
            ),
            headers={**version_header(version)},
        )
        return self._session.ask(PoliciesShown, request)

    def suspend(self, account: str, *, why: str) -> AccountShown:
        """Let an account only be looked at; asked from above it."""
        request = Request(method="POST", path=f"/v2/accounts/{part(account)}/suspend", body=given({"why": why}))
        return self._session.ask(AccountShown, request)

    def trash(self, account: str, *, cursor: str | None | UnsetType = UNSET, limit: int | UnsetType = UNSET) -> Page[AccountShown]:
        """Accounts below this one that were deleted and can be taken back."""
        request = Request(method="GET", path=f"/v2/accounts/{part(account)}/trash", query={"cursor": cursor, "limit": limit})
        return self._session.ask(Page[AccountShown], request)

    def iter_trash(self, account: str, *, limit: int | UnsetType = UNSET) -> Iterator[AccountShown]:
        """Every item of ``trash``, page after page."""
        return every(lambda cursor: self.trash(account, limit=limit, cursor=cursor))

    def update(self, account: str, *, name: str, version: int | None = None) -> AccountShown:
        """Rename an account."""
        request = Request(
            method="PATCH", path=f"/v2/accounts/{part(account)}", body=given({"name": name}), headers={**version_header(version)}
        )
        return self._session.ask(AccountShown, request)

    def usage(self, account: str) -> UsageShown:
        """What an account and its branch hold."""
        request = Request(method="GET", path=f"/v2/accounts/{part(account)}/usage")
        return self._session.ask(UsageShown, request)

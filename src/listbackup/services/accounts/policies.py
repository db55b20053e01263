"""Policies: what an account asks of itself and of everything below it. Below it may be tightened and never loosened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta

import msgspec

from listbackup.backends.table.port import Absent, Delete, Equals, Put, Scalar
from listbackup.base.decode import from_json
from listbackup.base.errors import InputError
from listbackup.base.ids import AccountId, is_id
from listbackup.http.permission import Permission
from listbackup.http.versions import VersionGone
from listbackup.services.accounts.acts import Acts
from listbackup.services.accounts.roles import Role
from listbackup.services.accounts.standing import Standing
from listbackup.services.accounts.table import POLICIES
from listbackup.services.accounts.tree import Chain, Tree
from listbackup.services.desk import Desk, Fact
from listbackup.services.rows import Writes

LONGEST_RETENTION = timedelta(days=36_500)
_BUILT_IN = frozenset(role.value for role in Role)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What must hold in an account. A field of None says nothing, and leaves what lies above to say it."""

    min_retention: timedelta | None = None  # copies of the last so many days are kept, whatever a job's retention says
    mfa_required: bool | None = None  # people need a second factor
    may_restore: tuple[str, ...] | None = None  # of these roles, whoever else has the permission
    allowed_platforms: tuple[str, ...] | None = None  # nothing else can be connected
    region: str | None = None  # where data lies


@dataclass(frozen=True, slots=True, kw_only=True)
class Effective:
    """What holds in an account when everything above it is counted, what it says itself, and which account each field comes from."""

    account: AccountId
    policy: Policy
    own: Policy
    origins: Mapping[str, AccountId] = field(default_factory=dict)
    version: int = 0  # of what it says itself


class Policies:
    """The policies of all accounts; ``regions`` are those that this installation keeps data in."""

    def __init__(self, desk: Desk, tree: Tree, *, regions: Sequence[str] = ("local",)) -> None:
        self._desk, self._tree, self._regions = desk, tree, tuple(regions)
        self._table = desk.tables.open(POLICIES)
        self._acts = Acts(desk)

    def effective(self, account: str) -> Policy:
        """What holds in this account. Raises NotFound."""
        return self.of(self._tree.chain(account)).policy

    def require_mfa(self, account: AccountId) -> bool:
        """Whether people need a second factor in this account. Raises NotFound."""
        return bool(self.effective(account).mfa_required)

    def check_platform(self, account: str, platform: str) -> None:
        """Raises InputError when this platform may not be connected in this account."""
        allowed = self.effective(account).allowed_platforms
        if allowed is not None and platform not in allowed:
            hint = f"allowed are: {', '.join(allowed)}" if allowed else "nothing may be connected here"
            raise InputError(f"the account's policy does not allow {platform!r}", field="platform", hint=hint)

    def floor(self, account: str) -> timedelta | None:
        """For how long every copy is kept here, whatever a job says; None: nothing is asked. Raises NotFound."""
        return self.effective(account).min_retention

    def of(self, chain: Chain) -> Effective:
        """What holds at the lower end of this chain."""
        holds, origins, own, version = Policy(), dict[str, AccountId](), Policy(), 0
        for account in reversed(chain.accounts):
            own, version = self._own(account.id)
            narrowed = _narrowed(holds, own)
            origins |= {name: account.id for name in _names() if getattr(narrowed, name) != getattr(holds, name)}
            holds = narrowed
        return Effective(account=chain.account.id, policy=holds, own=own, origins=origins, version=version)

    def set(self, account: str, policy: Policy, *, by: Standing, version: int | None = None) -> Effective:
        """The account's own policy from now on. Raises InputError naming the field that would be looser than what lies above, VersionGone, NotFound."""

        def attempt() -> tuple[Effective, Writes, Sequence[Fact]]:
            who = by.now(Permission.POLICIES_MANAGE)
            chain = self._tree.live(account)
            old, kept = self._own(chain.account.id)
            if version is not None and version != kept:
                raise VersionGone(f"the policy is version {kept} by now, not {version}", hint="read it again and repeat")
            above = self.of(Chain(chain.accounts[1:])).policy if chain.depth else Policy()
            tidy = self._tidy(policy)
            _check_tighter(above, tidy)
            row: dict[str, Scalar] = {
                "pk": chain.account.id,
                "sk": "policy",
                "version": kept + 1,
                "doc": msgspec.json.encode(tidy).decode(),
            }
            write = (self._table, Put(item=row, if_=Equals({"version": kept}) if kept else Absent()))
            changed = [name for name in _names() if getattr(old, name) != getattr(tidy, name)]
            fact = Fact(name="account.policy_set", subject=chain.account.id, about={"fields": " ".join(changed)})
            return self.of(chain), [write, *self._tree.check(chain), *who.checks], [fact]

        self._acts.do(attempt, by.scope(account))
        return self.of(self._tree.live(account))

    def forget(self, account: str) -> Writes:
        """The write that removes what the account says itself."""
        return [(self._table, Delete(pk=account, sk="policy"))]

    def _own(self, account: str) -> tuple[Policy, int]:
        row = self._table.find(account, "policy")
        if row is None:
            return Policy(), 0
        version = row["version"]
        assert isinstance(version, int)
        return from_json(str(row["doc"]), Policy), version

    def _tidy(self, policy: Policy) -> Policy:
        if policy.min_retention is not None and not timedelta(0) <= policy.min_retention <= LONGEST_RETENTION:
            raise InputError(f"a minimum retention has 0 to {LONGEST_RETENTION.days} days", field="min_retention_days")
        if policy.region is not None and policy.region not in self._regions:
            raise InputError("this installation keeps no data there", field="region", hint=f"it has: {', '.join(self._regions)}")
        unknown = sorted(one for one in policy.may_restore or () if one not in _BUILT_IN and not is_id(one, "rol"))
        if unknown:
            raise InputError(f"there is no role {unknown[0]!r}", field="may_restore")
        return replace(policy, may_restore=_ordered(policy.may_restore), allowed_platforms=_ordered(policy.allowed_platforms))


def _ordered(names: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return tuple(sorted(set(names))) if names is not None else None


def _names() -> Sequence[str]:
    return [one.name for one in fields(Policy)]


def _narrowed(above: Policy, own: Policy) -> Policy:
    """What holds where both ask: the stricter of each field; of two regions the one above, which was there first."""
    return Policy(
        min_retention=max((one for one in (above.min_retention, own.min_retention) if one is not None), default=None),
        mfa_required=True
        if above.mfa_required or own.mfa_required
        else own.mfa_required
        if above.mfa_required is None
        else above.mfa_required,
        may_restore=_common(above.may_restore, own.may_restore),
        allowed_platforms=_common(above.allowed_platforms, own.allowed_platforms),
        region=above.region if above.region is not None else own.region,
    )


def _common(above: tuple[str, ...] | None, own: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if above is None or own is None:
        return own if above is None else above
    return tuple(one for one in above if one in own)


def _check_tighter(above: Policy, own: Policy) -> None:
    """Raises InputError naming the first field that asks for less than what lies above asks already."""
    wider = {
        "min_retention_days": own.min_retention is not None and above.min_retention is not None and own.min_retention < above.min_retention,
        "mfa_required": own.mfa_required is False and above.mfa_required is True,
        "may_restore": not _within(own.may_restore, above.may_restore),
        "allowed_platforms": not _within(own.allowed_platforms, above.allowed_platforms),
        "region": own.region is not None and above.region is not None and own.region != above.region,
    }
    for name, is_wider in wider.items():
        if is_wider:
            raise InputError(f"an account above asks for more: {name} can be tightened here and not loosened", field=name)


def _within(own: tuple[str, ...] | None, above: tuple[str, ...] | None) -> bool:
    return own is None or above is None or set(own) <= set(above)

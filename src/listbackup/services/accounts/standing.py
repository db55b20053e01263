"""What somebody may do in an account at this moment, with the writes that fail as soon as it is not so any more."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from listbackup.base.ids import AccountId, UserId
from listbackup.http.caller import AccountSuspended, NotAllowed
from listbackup.http.permission import READS, Permission
from listbackup.services.rows import Writes
from listbackup.services.scope import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """``permissions`` hold in the account when it is not suspended; ``roles`` are those that give them. Put ``checks`` into the transaction that they allow."""

    actor: str
    permissions: frozenset[Permission]
    user: UserId | None = None
    roles: frozenset[str] = frozenset()
    is_suspended: bool = False
    is_narrow: bool = False  # a key of one account: what is below is beyond it
    has_below: Callable[[], bool] = field(default=lambda: False, repr=False)  # asked of who is narrow: whether there is anything below
    checks: Writes = field(default=(), repr=False)
    renew: Callable[[], Standing] | None = field(default=None, repr=False)

    @property
    def usable(self) -> frozenset[Permission]:
        """What may be done now: only looking, while the account is suspended."""
        return self.permissions & READS if self.is_suspended else self.permissions

    def now(self, *permissions: Permission) -> Standing:
        """The same one's standing as it is kept now, which has all of these. Raises NotAllowed, AccountSuspended, NotFound (no standing any more)."""
        newer = self.renew() if self.renew is not None else self
        for permission in permissions:
            newer.demand(permission)
        return newer

    def demand(self, permission: Permission) -> None:
        """Raises NotAllowed, AccountSuspended."""
        self.demand_held(permission)
        if permission not in self.usable:
            raise AccountSuspended

    def demand_held(self, permission: Permission) -> None:
        """As ``demand``, whether the account is suspended or not."""
        if permission not in self.permissions:
            raise NotAllowed(f"this needs the permission {permission.value!r}", hint="ask an owner of the account for it")

    def demand_own(self, permissions: Iterable[Permission]) -> None:
        """Raises NotAllowed for what is more than one's own here."""
        beyond = sorted(set(permissions) - self.permissions)
        if beyond:
            raise NotAllowed(f"this reaches beyond what you may do yourself: {beyond[0].value!r}", hint="ask an owner of the account")

    def demand_to_give(self, permissions: Iterable[Permission]) -> None:
        """Raises NotAllowed for what, as a role, is more than one's own: nobody gives it, and nobody takes it from who has it.

        A role counts in everything below too, where a key of one account may do nothing: while there is anything below it gives and takes none, but the
        operator's own, as whoever sits at the machine may.
        """
        self.demand_own(permissions)
        if self.is_narrow and Permission.SYSTEM_OPERATE not in self.permissions and self.has_below():
            raise NotAllowed(
                "a role counts in the accounts below too, and a key of one account reaches none of them",
                hint="use a key that reaches the branch, or ask somebody who works in it",
            )

    def scope(self, account: str) -> Scope:
        """Where this one acts."""
        return Scope(account=AccountId(account), actor=self.actor)


def machine(actor: str) -> Standing:
    """Whoever sits at the machine itself (the command line, a set-up, a test): everything."""
    return Standing(actor=actor, permissions=frozenset(Permission), roles=frozenset({"owner"}))

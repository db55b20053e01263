"""Who acts, in any account, as it is now: people by their memberships, programs by their keys."""

from __future__ import annotations

from dataclasses import replace

from listbackup.base.errors import NotFound
from listbackup.base.ids import UserId, is_id
from listbackup.http.caller import NotAllowed
from listbackup.http.permission import Permission
from listbackup.services.accounts.api_keys import ApiKeys
from listbackup.services.accounts.service import Accounts
from listbackup.services.accounts.standing import Standing


class Authority:
    """Finds the standing of an actor, as the trail names them: ``usr_…`` or ``key_…``."""

    def __init__(self, accounts: Accounts, keys: ApiKeys) -> None:
        self._accounts, self._keys = accounts, keys

    def of(self, actor: str, account: str, *, in_trash: bool = False) -> Standing:
        """What this actor may do in this account now. Raises NotFound without a relation."""
        if is_id(actor, "usr"):
            return self._accounts.members.standing(UserId(actor), account, in_trash=in_trash)
        if actor.startswith("key_"):
            return self._keys.standing(actor.removeprefix("key_"), account, in_trash=in_trash)
        raise NotFound(f"there is no account {account!r}")

    def above(self, actor: str, account: str) -> Standing:
        """What this actor may do to this account from above: as somebody of its parent, or, at the top, as an operator of the installation.

        Raises NotFound when they know nothing of it, NotAllowed when they may not manage it. Asked again, it looks again at what is above the account by then.
        """
        parent = self._accounts.tree.live(account).account.parent
        if parent is not None:
            found = self._from(actor, parent, account, Permission.ACCOUNTS_MANAGE)
        else:
            found = self._from(actor, self._accounts.get_default().id, account, Permission.SYSTEM_OPERATE)
        return replace(found, renew=lambda: self.above(actor, account))

    def leaving(self, actor: str, account: str) -> Standing:
        """What this actor may do where the account is now, for its move away: in its parent, or at the top in itself. Asked again, it looks again where that is.

        Raises NotAllowed for who reaches the account and not its parent, NotFound.
        """
        parent = self._accounts.tree.live(account).account.parent
        try:
            found = self.of(actor, parent if parent is not None else account)
        except NotFound:
            self.of(actor, account)
            raise NotAllowed(
                "an account is moved by owners of the account above it", hint="ask whoever runs the account above it"
            ) from None
        return replace(found, renew=lambda: self.leaving(actor, account))

    def _from(self, actor: str, place: str, account: str, needs: Permission) -> Standing:
        try:
            standing = self.of(actor, place)
        except NotFound:
            self.of(actor, account)  # who belongs to the account alone knows that it is there, and may not do this
            raise NotAllowed("this is decided above the account", hint="ask whoever runs the account above it") from None
        if needs is Permission.SYSTEM_OPERATE and needs not in standing.permissions:
            self.of(actor, account)
        standing.demand(needs)
        return standing

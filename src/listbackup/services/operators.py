"""Who runs the machine: people and keys with ``system:operate`` in the installation's first account, and nobody else whatever they are called in theirs."""

from __future__ import annotations

from listbackup.http.caller import NotAllowed, demand
from listbackup.http.permission import Permission
from listbackup.services.accounts import Accounts
from listbackup.services.routing import Call


def ensure_operator(accounts: Accounts, call: Call) -> None:
    """Raises NotAllowed for who is no operator of this installation."""
    demand(call.caller, Permission.SYSTEM_OPERATE)
    first = accounts.find_default()
    if first is None or first.id != call.scope.account:
        raise NotAllowed("this is for the operator of the installation", hint="work in the installation's first account")

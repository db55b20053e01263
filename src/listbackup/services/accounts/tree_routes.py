"""What accounts offer over HTTP: one account of the tree, how it comes about and where it stands. The account in the path is the one that is asked about, whatever ``X-Account-Id`` says."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from listbackup.base.errors import NotFound
from listbackup.http.caller import NotAllowed
from listbackup.http.permission import Permission, Signed
from listbackup.services.accounts.calls import acting, proven, show_to
from listbackup.services.accounts.model import Account
from listbackup.services.accounts.schema import AccountDetail, AccountShown, ChangedAccount, Move, NewAccount
from listbackup.services.accounts.tenancy import Tenancy
from listbackup.services.routing import Answer, Call, Route, changing, reading


def tree_routes(tenancy: Tenancy) -> Sequence[Route]:
    """An account: opened, shown, renamed, moved."""
    accounts, authority = tenancy.accounts, tenancy.authority

    def answer(account: Account, call: Call, *, location: bool = False) -> Answer:
        where = f"/v2/accounts/{account.id}" if location else None
        return Answer(content=show_to(tenancy, account, call.caller.actor), version=account.version, location=where)

    def open_(call: Call) -> Answer:
        proven(call)
        user = call.caller.user
        if user is None:
            raise NotAllowed("this is for people, not for API keys", hint="sign in")
        _demand_top(tenancy, user)
        return answer(accounts.open_for(user, call.body(NewAccount).name), call, location=True)

    def open_below(call: Call) -> Answer:
        made = accounts.create_below(call.scope.account, call.body(NewAccount).name, by=acting(tenancy, call))
        return answer(made, call, location=True)

    def get(call: Call) -> Answer:
        account, standing = accounts.get(call.scope.account), acting(tenancy, call)
        usable = [one for one in Permission if one in standing.usable]
        shown = show_to(tenancy, account, call.caller.actor)
        fields = {field.name: getattr(shown, field.name) for field in dataclasses.fields(shown)}
        detail = AccountDetail(**fields, roles=sorted(standing.roles), permissions=usable)
        return Answer(content=detail, version=account.version)

    def rename(call: Call) -> Answer:
        return answer(
            accounts.rename(call.scope.account, call.body(ChangedAccount).name, by=acting(tenancy, call), version=call.version), call
        )

    def move(call: Call) -> Answer:
        account, parent, actor = call.scope.account, call.body(Move).parent, call.caller.actor
        leaves = authority.leaving(actor, account)
        if parent is None:
            _demand_top(tenancy, actor)
        return answer(accounts.move(account, parent, by=leaves, new_end=authority.of(actor, parent) if parent is not None else None), call)

    read, manage, one = Permission.ACCOUNTS_READ, Permission.ACCOUNTS_MANAGE, "/accounts/{account:acc}"
    return [
        Route(method="POST", path="/accounts", summary="Open an account at the top, and own it", access=Signed.PERSON, handle=open_, body=NewAccount, answers=AccountShown, status=201, repeatable=True),
        changing("POST", f"{one}/sub-accounts", "Open an account below this one", manage, open_below, body=NewAccount, answers=AccountShown, status=201, repeatable=True, problems=(402,)),
        reading(one, "An account, and what one may do in it", read, get, AccountDetail, versioned=True),
        changing("PATCH", one, "Rename an account", manage, rename, body=ChangedAccount, answers=AccountShown, versioned=True),
        changing("POST", f"{one}/move", "Move an account with everything below it; takes owners of both ends", Permission.ACCOUNTS_DELETE, move, step_up=True, body=Move, answers=AccountShown, problems=(402,)),
    ]  # fmt: skip


def _demand_top(tenancy: Tenancy, actor: str) -> None:
    """Raises NotAllowed for who may not have an account stand at the top, where no plan and no policy lies above it."""
    default = tenancy.accounts.find_default()
    operates = default is not None and Permission.SYSTEM_OPERATE in _usable(tenancy, actor, default.id)
    if not tenancy.is_open and not operates:
        raise NotAllowed("accounts come to stand at the top by whoever operates the installation", hint="ask them")


def _usable(tenancy: Tenancy, actor: str, account: str) -> frozenset[Permission]:
    try:
        return tenancy.authority.of(actor, account).usable
    except NotFound:
        return frozenset()

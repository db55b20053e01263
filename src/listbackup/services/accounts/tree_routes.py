"""What accounts offer over HTTP: the tree, and what holds in it. The account in the path is the one that is asked about, whatever ``X-Account-Id`` says."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from listbackup.base.errors import NotFound
from listbackup.base.ids import AccountId
from listbackup.http.caller import CallerKind, NotAllowed
from listbackup.http.paging import Listing, PageParameters, listing
from listbackup.http.permission import Permission, Signed
from listbackup.services.accounts.api_keys import Reach
from listbackup.services.accounts.calls import acting, proven, reaches, sliced
from listbackup.services.accounts.model import Account, AccountState
from listbackup.services.accounts.schema import (
    AccountDetail,
    AccountNode,
    AccountShown,
    ChangedAccount,
    Hierarchy,
    HierarchyParameters,
    Move,
    NewAccount,
    ProtectionShown,
    show_account,
    show_protection,
)
from listbackup.services.accounts.tenancy import Tenancy
from listbackup.services.accounts.walk import Place, Walk
from listbackup.services.routing import Answer, Call, Route, changing, reading
from listbackup.services.scope import Scope

MOST_NODES = 500


def tree_routes(tenancy: Tenancy) -> Sequence[Route]:
    """Accounts and how they nest."""
    accounts, authority, tree = tenancy.accounts, tenancy.authority, tenancy.accounts.tree

    def shown(account: Account, actor: str) -> AccountShown:
        return show_account(
            account, tree.chain(account.id).state, parent=account.parent is not None and reaches(tenancy, actor, account.parent)
        )

    def answer(account: Account, call: Call, *, location: bool = False) -> Answer:
        where = f"/v2/accounts/{account.id}" if location else None
        return Answer(content=shown(account, call.caller.actor), version=account.version, location=where)

    def list_(call: Call) -> Answer:
        page = call.query(PageParameters)
        found = Walk(tree, list(_roots(tenancy, call)), depth=0 if _is_narrow(tenancy, call) else None).page(
            limit=page.limit, cursor=page.cursor
        )
        return Answer(content=listing(found, _show_place(tenancy)))

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
        fields = {field.name: getattr(shown(account, call.caller.actor), field.name) for field in dataclasses.fields(AccountShown)}
        detail = AccountDetail(**fields, roles=sorted(standing.roles), permissions=usable)
        return Answer(content=detail, version=account.version)

    def rename(call: Call) -> Answer:
        return answer(
            accounts.rename(call.scope.account, call.body(ChangedAccount).name, by=acting(tenancy, call), version=call.version), call
        )

    def hierarchy(call: Call) -> Answer:
        chain, actor = tree.live(call.scope.account), call.caller.actor
        over = [shown(one, actor) for one in reversed(chain.accounts[1:]) if reaches(tenancy, actor, one.id)]
        depth = 0 if _is_narrow(tenancy, call) else call.query(HierarchyParameters).depth
        return Answer(content=Hierarchy(above=over, tree=_node(tenancy, chain.account, depth, iter(range(MOST_NODES)))))

    def descendants(call: Call) -> Answer:
        page = call.query(PageParameters)
        depth = 0 if _is_narrow(tenancy, call) else None
        found = Walk(tree, [call.scope.account], is_inside=True, depth=depth).page(limit=page.limit, cursor=page.cursor)
        return Answer(content=listing(found, _show_place(tenancy)))

    def protection(call: Call) -> Answer:
        page, show = call.query(PageParameters), _show_place(tenancy)
        depth = 0 if _is_narrow(tenancy, call) else None
        found = Walk(tree, [call.scope.account], is_inside=True, depth=depth).page(limit=page.limit, cursor=page.cursor)

        def guarded(place: Place) -> ProtectionShown:
            scope = Scope(account=AccountId(place.account.id), actor=call.caller.actor)
            return show_protection(show(place), tenancy.guard(scope), tenancy.usage.known(place.account.id))

        return Answer(content=listing(found, guarded))

    def trash(call: Call) -> Answer:
        depth = 0 if _is_narrow(tenancy, call) else None
        found = list(islice(Walk(tree, [call.scope.account], is_inside=True, depth=depth).iter_trash(), MOST_NODES))
        page = sliced(found, lambda one: one.id, call.query(PageParameters))
        return Answer(content=listing(page, lambda one: show_account(one, AccountState.TRASHED, parent=True)))

    def move(call: Call) -> Answer:
        account, parent, actor = call.scope.account, call.body(Move).parent, call.caller.actor
        leaves = authority.leaving(actor, account)
        if parent is None:
            _demand_top(tenancy, actor)
        return answer(accounts.move(account, parent, by=leaves, new_end=authority.of(actor, parent) if parent is not None else None), call)

    read, manage, one = Permission.ACCOUNTS_READ, Permission.ACCOUNTS_MANAGE, "/accounts/{account:acc}"
    return [
        Route(method="GET", path="/accounts", summary="The accounts that one reaches, each before those below it", access=Signed.ANY, handle=list_, query=PageParameters, answers=Listing[AccountShown]),
        Route(method="POST", path="/accounts", summary="Open an account at the top, and own it", access=Signed.PERSON, handle=open_, body=NewAccount, answers=AccountShown, status=201, repeatable=True),
        changing("POST", f"{one}/sub-accounts", "Open an account below this one", manage, open_below, body=NewAccount, answers=AccountShown, status=201, repeatable=True, problems=(402,)),
        reading(one, "An account, and what one may do in it", read, get, AccountDetail, versioned=True),
        changing("PATCH", one, "Rename an account", manage, rename, body=ChangedAccount, answers=AccountShown, versioned=True),
        reading(f"{one}/hierarchy", "Where an account stands", read, hierarchy, Hierarchy, HierarchyParameters),
        reading(f"{one}/descendants", "Everything below an account, each account before those below it", read, descendants, Listing[AccountShown], PageParameters),
        reading(f"{one}/protection", "Whether everything below an account is protected, account by account", read, protection, Listing[ProtectionShown], PageParameters),
        reading(f"{one}/trash", "Accounts below this one that were deleted and can be taken back", read, trash, Listing[AccountShown], PageParameters),
        changing("POST", f"{one}/move", "Move an account with everything below it; takes owners of both ends", Permission.ACCOUNTS_DELETE, move, step_up=True, body=Move, answers=AccountShown, problems=(402,)),
    ]  # fmt: skip


def _roots(tenancy: Tenancy, call: Call) -> Iterator[str]:
    """Where the branches begin that the caller reaches, none inside another."""
    caller, tree = call.caller, tenancy.accounts.tree
    if caller.kind is CallerKind.KEY:
        assert caller.account is not None
        yield caller.account
        return
    assert caller.user is not None
    entries = tenancy.accounts.members.entries(caller.user)
    for entry in entries:
        account = tree.find(entry)
        if (
            account is not None
            and not set(tree.chain(entry).ids[1:]) & set(entries)
            and tenancy.accounts.members.reaches(caller.user, entry)
        ):
            yield entry


def _is_narrow(tenancy: Tenancy, call: Call) -> bool:
    """Whether the caller is a key that reaches its own account and nothing below it."""
    return call.caller.kind is CallerKind.KEY and tenancy.keys.reach_of(call.caller.id) is Reach.ACCOUNT


def _show_place(tenancy: Tenancy) -> Callable[[Place], AccountShown]:
    def show(place: Place) -> AccountShown:
        return show_account(place.account, tenancy.accounts.tree.chain(place.account.id).state, parent=len(place.way) > 1)

    return show


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


def _node(tenancy: Tenancy, account: Account, depth: int, budget: Iterator[int]) -> AccountNode:
    tree = tenancy.accounts.tree
    children, more = [], False
    for child in tree.iter_children(account.id):
        if child.state is AccountState.TRASHED:
            continue
        if depth == 0 or next(budget, None) is None:
            more = True
            break
        children.append(_node(tenancy, child, depth - 1, budget))
    return AccountNode(id=account.id, name=account.name, state=tree.chain(account.id).state, children=children, more=more)

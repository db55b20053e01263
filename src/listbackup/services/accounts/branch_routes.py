"""What accounts offer over HTTP: whole branches of the tree, read account by account. A key that reaches its own account alone sees no further."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from listbackup.base.ids import AccountId
from listbackup.http.caller import CallerKind
from listbackup.http.paging import Listing, PageParameters, listing
from listbackup.http.permission import Permission, Signed
from listbackup.services.accounts.api_keys import Reach
from listbackup.services.accounts.calls import reaches, show_to, sliced
from listbackup.services.accounts.model import Account, AccountState
from listbackup.services.accounts.schema import (
    AccountNode,
    AccountShown,
    Hierarchy,
    HierarchyParameters,
    ProtectionShown,
    show_account,
    show_protection,
)
from listbackup.services.accounts.tenancy import Tenancy
from listbackup.services.accounts.walk import Place, Walk
from listbackup.services.routing import Answer, Call, Route, reading
from listbackup.services.scope import Scope

MOST_NODES = 500


def branch_routes(tenancy: Tenancy) -> Sequence[Route]:
    """Accounts and how they nest."""
    tree = tenancy.accounts.tree

    def list_(call: Call) -> Answer:
        page = call.query(PageParameters)
        found = Walk(tree, list(_roots(tenancy, call)), depth=0 if _is_narrow(tenancy, call) else None).page(
            limit=page.limit, cursor=page.cursor
        )
        return Answer(content=listing(found, _show_place(tenancy)))

    def hierarchy(call: Call) -> Answer:
        chain, actor = tree.live(call.scope.account), call.caller.actor
        over = [show_to(tenancy, one, actor) for one in reversed(chain.accounts[1:]) if reaches(tenancy, actor, one.id)]
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

    read, one = Permission.ACCOUNTS_READ, "/accounts/{account:acc}"
    return [
        Route(method="GET", path="/accounts", summary="The accounts that one reaches, each before those below it", access=Signed.ANY, handle=list_, query=PageParameters, answers=Listing[AccountShown]),
        reading(f"{one}/hierarchy", "Where an account stands", read, hierarchy, Hierarchy, HierarchyParameters),
        reading(f"{one}/descendants", "Everything below an account, each account before those below it", read, descendants, Listing[AccountShown], PageParameters),
        reading(f"{one}/protection", "Whether everything below an account is protected, account by account", read, protection, Listing[ProtectionShown], PageParameters),
        reading(f"{one}/trash", "Accounts below this one that were deleted and can be taken back", read, trash, Listing[AccountShown], PageParameters),
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

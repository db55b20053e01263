"""What the routes of accounts share: the standing of a caller, and pages of what is at hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from listbackup.base.errors import NotFound
from listbackup.base.paging import Page
from listbackup.http.caller import MfaRequired
from listbackup.http.paging import PageParameters
from listbackup.services.accounts.model import Account
from listbackup.services.accounts.schema import AccountShown, show_account
from listbackup.services.accounts.standing import Standing
from listbackup.services.accounts.tenancy import Tenancy
from listbackup.services.routing import Call

T = TypeVar("T")


def acting(tenancy: Tenancy, call: Call) -> Standing:
    """What the caller may do in the account of the request."""
    return tenancy.authority.of(call.caller.actor, call.scope.account)


def proven(call: Call) -> None:
    """Raises MfaRequired for a person without a second factor: for what is as grave as a privilege and asked for without an account."""
    if call.caller.user is not None and not call.caller.has_mfa:
        raise MfaRequired


def above(tenancy: Tenancy, call: Call, account: str) -> Standing:
    """What the caller may do to this account from above it. Raises NotFound, NotAllowed, MfaRequired."""
    standing = tenancy.authority.above(call.caller.actor, account)
    proven(call)
    return standing


def reaches(tenancy: Tenancy, actor: str, account: str) -> bool:
    """Whether this actor knows of this account."""
    try:
        tenancy.authority.of(actor, account)
    except NotFound:
        return False
    return True


def show_to(tenancy: Tenancy, account: Account, actor: str) -> AccountShown:
    """An account, with the one above it only for whoever knows of that."""
    state = tenancy.accounts.tree.chain(account.id).state
    return show_account(account, state, parent=account.parent is not None and reaches(tenancy, actor, account.parent))


def sliced(items: Sequence[T], key: Callable[[T], str], page: PageParameters) -> Page[T]:
    """A page of what is at hand, in its order; the cursor names the last one shown."""
    start = next((at + 1 for at, one in enumerate(items) if key(one) == page.cursor), 0) if page.cursor is not None else 0
    shown = items[start : start + page.limit]
    return Page(items=shown, next_cursor=key(shown[-1]) if shown and start + page.limit < len(items) else None)

"""What accounts offer over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from listbackup.base.errors import NotFound
from listbackup.http.caller import NotAllowed
from listbackup.http.paging import Listing, PageParameters, listing
from listbackup.http.permission import Permission, expand
from listbackup.services.accounts.api_keys import ApiKeys
from listbackup.services.accounts.model import Account
from listbackup.services.accounts.schema import KeyMade, KeyShown, NewKey, show_key, show_new
from listbackup.services.accounts.service import Accounts
from listbackup.services.routing import Answer, Call, Route


def routes(accounts: Accounts, keys: ApiKeys) -> Sequence[Route]:
    """The caller's own account, and its API keys."""

    def get(call: Call) -> Answer:
        if call.path["account"] != call.scope.account:
            raise NotFound(f"there is no account {call.path['account']!r}")
        account = accounts.get(call.scope.account)
        return Answer(content=account, version=account.version)

    def list_keys(call: Call) -> Answer:
        page = call.query(PageParameters)
        return Answer(content=listing(keys.list(call.scope, limit=page.limit, cursor=page.cursor), show_key))

    def create_key(call: Call) -> Answer:
        asked = call.body(NewKey)
        given = expand(asked.scopes)
        beyond = set(given) - call.caller.permissions
        if beyond:
            raise NotAllowed(f"nobody gives a key the permission {min(beyond).value!r} who has not got it")
        new = keys.create(call.scope, name=asked.name, permissions=given, life=timedelta(days=asked.days))
        return Answer(content=show_new(new), location=f"/v2/api-keys/{new.key.id}")

    def get_key(call: Call) -> Answer:
        return Answer(content=show_key(keys.get(call.scope, call.path["key"])))

    def revoke_key(call: Call) -> Answer:
        keys.revoke(call.scope, call.path["key"])
        return Answer()

    read, admin = Permission.ACCOUNTS_READ, Permission.API_KEYS_MANAGE
    return [
        Route(method="GET", path="/accounts/{account:acc}", summary="The account", access=read, handle=get, answers=Account),
        Route(
            method="GET",
            path="/api-keys",
            summary="The account's API keys",
            access=admin,
            handle=list_keys,
            query=PageParameters,
            answers=Listing[KeyShown],
        ),
        Route(
            method="POST",
            path="/api-keys",
            summary="Make an API key; its text is in this answer and nowhere else",
            access=admin,
            step_up=True,
            handle=create_key,
            body=NewKey,
            answers=KeyMade,
            status=201,
        ),
        Route(method="GET", path="/api-keys/{key}", summary="An API key", access=admin, handle=get_key, answers=KeyShown),
        Route(method="DELETE", path="/api-keys/{key}", summary="Revoke an API key", access=admin, handle=revoke_key, status=204),
    ]

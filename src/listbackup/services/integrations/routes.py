"""What integrations offer over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from listbackup.http.paging import Listing, PageParameters, page_of
from listbackup.http.permission import Permission
from listbackup.services.accounts import Accounts
from listbackup.services.integrations.model import Integration, Wanted
from listbackup.services.integrations.schema import IntegrationIn
from listbackup.services.integrations.service import Integrations
from listbackup.services.routing import Answer, Call, Route, changing, reading

_ONE = "/integrations/{platform}"


def routes(integrations: Integrations, accounts: Accounts) -> Sequence[Route]:
    """What may be connected here, and the account's own applications."""

    def seen(call: Call, found: Integration) -> Integration:
        """What is above the account is named to who reaches it, and to nobody else."""
        above, user = found.application_of, call.caller.user
        is_known = above in (None, call.scope.account) or (user is not None and above is not None and accounts.members.reaches(user, above))
        return found if is_known else replace(found, application_of=None)

    def list_all(call: Call) -> Answer:
        return Answer(
            content=page_of(
                [seen(call, one) for one in integrations.list(call.scope)], lambda one: one.platform, call.query(PageParameters)
            )
        )

    def get(call: Call) -> Answer:
        return _shown(seen(call, integrations.get(call.scope, call.path["platform"])))

    def put(call: Call) -> Answer:
        asked = call.body(IntegrationIn)
        wanted = Wanted(enabled=asked.enabled, client_id=asked.client_id, calls_per_second=asked.calls_per_second)
        found = integrations.set(call.scope, call.path["platform"], wanted, client_secret=asked.secret(), version=call.version)
        return _shown(seen(call, found))

    def remove(call: Call) -> Answer:
        integrations.remove(call.scope, call.path["platform"])
        return Answer()

    read, manage = Permission.INTEGRATIONS_READ, Permission.INTEGRATIONS_MANAGE
    return [
        reading("/integrations", "What this account may connect, and how", read, list_all, Listing[Integration], PageParameters),
        reading(_ONE, "What holds for a platform here", read, get, Integration, versioned=True),
        changing(
            "PUT",
            _ONE,
            "Say what holds for a platform here: an own application, whether it may be connected, how fast",
            manage,
            put,
            body=IntegrationIn,
            answers=Integration,
            versioned=True,
        ),
        changing("DELETE", _ONE, "Say nothing any more: what the account above says holds again", manage, remove, status=204),
    ]


def _shown(integration: Integration) -> Answer:
    return Answer(content=integration, version=integration.version)

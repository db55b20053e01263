"""What accounts offer over HTTP: what holds in them (policies, limits), and what they hold."""

from __future__ import annotations

from collections.abc import Sequence

from listbackup.http.permission import Permission, Signed
from listbackup.services.accounts.calls import above, acting, reaches
from listbackup.services.accounts.limits import Limit
from listbackup.services.accounts.schema import AccountPolicyIn, LimitsIn, LimitsShown, PoliciesShown, UsageShown, show_policies, show_usage
from listbackup.services.accounts.tenancy import Tenancy
from listbackup.services.accounts.tree import Chain
from listbackup.services.routing import Answer, Call, Route, changing, reading


def holding_routes(tenancy: Tenancy) -> Sequence[Route]:
    """Usage, policies and limits of an account."""
    accounts, tree = tenancy.accounts, tenancy.accounts.tree

    def usage(call: Call) -> Answer:
        return Answer(content=show_usage(tenancy.usage.of(call.scope.account)))

    def policies(call: Call) -> Answer:
        return _policies(tenancy, call, tree.live(call.scope.account))

    def set_policies(call: Call) -> Answer:
        accounts.policies.set(call.scope.account, call.body(AccountPolicyIn).read(), by=acting(tenancy, call), version=call.version)
        return _policies(tenancy, call, tree.live(call.scope.account))

    def limits(call: Call) -> Answer:
        return Answer(content=_limits(tenancy, call.scope.account))

    def set_limits(call: Call) -> Answer:
        account = call.path["account"]
        by = above(tenancy, call, account)
        accounts.limits.set(account, Limit(**call.body(LimitsIn).model_dump()), by=by)
        return Answer(content=_limits(tenancy, account))

    read, one = Permission.ACCOUNTS_READ, "/accounts/{account:acc}"
    return [
        reading(f"{one}/usage", "What an account and its branch hold", read, usage, UsageShown),
        reading(f"{one}/policies", "What holds in an account, and where it comes from", read, policies, PoliciesShown, versioned=True),
        changing("PUT", f"{one}/policies", "What an account asks of itself and all below it; what lies above can only be tightened", Permission.POLICIES_MANAGE, set_policies, step_up=True, body=AccountPolicyIn, answers=PoliciesShown, versioned=True),
        reading(f"{one}/limits", "How much an account may hold", read, limits, LimitsShown),
        Route(method="PUT", path=f"{one}/limits", summary="Set how much an account may hold; asked from above it", access=Signed.ANY, step_up=True, handle=set_limits, body=LimitsIn, answers=LimitsShown),
    ]  # fmt: skip


def _policies(tenancy: Tenancy, call: Call, chain: Chain) -> Answer:
    found = tenancy.accounts.policies.of(chain)
    reached = frozenset(one for one in chain.ids if reaches(tenancy, call.caller.actor, one))
    return Answer(content=show_policies(found, reached), version=found.version or None)


def _limits(tenancy: Tenancy, account: str) -> LimitsShown:
    limits = tenancy.accounts.limits
    return LimitsShown(effective=limits.effective(account), own=limits.own(account))

"""What accounts offer over HTTP: how people and programs come in (invitations, API keys), and how an account ends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from listbackup.base.errors import NotMeant
from listbackup.http.caller import NotAllowed
from listbackup.http.paging import Listing, PageParameters, listing
from listbackup.http.permission import Permission, Signed, expand
from listbackup.services.accounts.calls import above, acting, proven
from listbackup.services.accounts.model import Account
from listbackup.services.accounts.people_schema import (
    Acceptance,
    InvitationShown,
    Joined,
    KeyMade,
    KeyShown,
    NewInvitation,
    NewKey,
    RotatedKey,
    show_invitation,
    show_key,
    show_new,
)
from listbackup.services.accounts.schema import AccountShown, Deletion, Suspension, show_account
from listbackup.services.accounts.tenancy import Tenancy
from listbackup.services.routing import Answer, Call, Route, changing, mine, reading


def invitation_routes(tenancy: Tenancy) -> Sequence[Route]:
    """Invitations of an account, and the way in by one."""
    invitations = tenancy.invitations

    def list_(call: Call) -> Answer:
        page = call.query(PageParameters)
        return Answer(content=listing(invitations.list(call.scope.account, limit=page.limit, cursor=page.cursor), show_invitation))

    def create(call: Call) -> Answer:
        asked = call.body(NewInvitation)
        made = invitations.create(call.scope.account, asked.email, asked.role, by=acting(tenancy, call))
        return Answer(content=show_invitation(made))

    def resend(call: Call) -> Answer:
        return Answer(content=show_invitation(invitations.resend(call.scope.account, call.path["invitation"], by=acting(tenancy, call))))

    def revoke(call: Call) -> Answer:
        invitations.revoke(call.scope.account, call.path["invitation"], by=acting(tenancy, call))
        return Answer()

    def accept(call: Call) -> Answer:
        card = tenancy.directory.find(call.caller.user or "")
        if card is None:
            raise NotMeant("this invitation is not for you")
        member = invitations.accept(call.body(Acceptance).token, card)
        return Answer(content=Joined(account=member.account, role=member.role))

    read, manage, every = Permission.MEMBERS_READ, Permission.MEMBERS_MANAGE, "/accounts/{account:acc}/invitations"
    one = every + "/{invitation:inv}"
    return [
        reading(every, "The account's invitations, newest first", read, list_, Listing[InvitationShown], PageParameters),
        changing("POST", every, "Invite somebody by mail; good for 72 hours, once, for that address", manage, create, step_up=True, body=NewInvitation, answers=InvitationShown, status=201, repeatable=True, problems=(409, 429)),
        changing("POST", f"{one}/resend", "Send another letter; the one before is void", manage, resend, answers=InvitationShown, problems=(409, 429)),
        changing("DELETE", one, "Take an invitation back", manage, revoke, status=204, problems=(409,)),
        mine("POST", "/invitations/accept", "Join the account that a letter invites to", accept, body=Acceptance, answers=Joined, problems=(400, 402, 409, 410)),
    ]  # fmt: skip


def key_routes(tenancy: Tenancy) -> Sequence[Route]:
    """API keys of the account."""
    keys = tenancy.keys

    def list_(call: Call) -> Answer:
        page = call.query(PageParameters)
        return Answer(content=listing(keys.list(call.scope, limit=page.limit, cursor=page.cursor), show_key))

    def create(call: Call) -> Answer:
        asked = call.body(NewKey)
        by = acting(tenancy, call)
        beyond = set(expand(asked.scopes)) - by.permissions - {Permission.SYSTEM_OPERATE}
        if beyond:
            raise NotAllowed(f"nobody gives a key the permission {min(beyond).value!r} who has not got it")
        new = keys.create(call.scope, name=asked.name, permissions=asked.scopes, life=timedelta(days=asked.days), reach=asked.reach, by=by)
        return Answer(content=show_new(new), location=f"/v2/api-keys/{new.key.id}")

    def rotate(call: Call) -> Answer:
        grace = timedelta(hours=call.body(RotatedKey).grace_hours)
        return Answer(content=show_new(keys.rotate(call.scope, call.path["key"], grace=grace, by=acting(tenancy, call))))

    def get(call: Call) -> Answer:
        return Answer(content=show_key(keys.get(call.scope, call.path["key"])))

    def revoke(call: Call) -> Answer:
        keys.revoke(call.scope, call.path["key"])
        return Answer()

    manage = Permission.API_KEYS_MANAGE
    return [
        reading("/api-keys", "The account's API keys", manage, list_, Listing[KeyShown], PageParameters),
        changing("POST", "/api-keys", "Make an API key; its text is in this answer and nowhere else", manage, create, step_up=True, body=NewKey, answers=KeyMade, status=201, problems=(402,)),
        reading("/api-keys/{key}", "An API key", manage, get, KeyShown),
        changing("POST", "/api-keys/{key}/rotate", "Give a key a new text; the old one opens for a while yet", manage, rotate, step_up=True, body=RotatedKey, answers=KeyMade, problems=(409,)),
        changing("DELETE", "/api-keys/{key}", "Revoke an API key", manage, revoke, status=204),
    ]  # fmt: skip


def end_routes(tenancy: Tenancy) -> Sequence[Route]:
    """Suspension, deletion, and the way back."""
    lifecycle, tree = tenancy.lifecycle, tenancy.accounts.tree

    def shown(account: Account) -> Answer:
        return Answer(content=show_account(account, tree.chain(account.id).state, parent=False), version=account.version)

    def suspend(call: Call) -> Answer:
        account = call.path["account"]
        return shown(lifecycle.suspend(account, call.body(Suspension).why, by=above(tenancy, call, account)))

    def resume(call: Call) -> Answer:
        account = call.path["account"]
        return shown(lifecycle.resume(account, by=above(tenancy, call, account)))

    def delete(call: Call) -> Answer:
        return shown(lifecycle.trash(call.scope.account, by=acting(tenancy, call), branch=call.query(Deletion).branch))

    def restore(call: Call) -> Answer:
        account = call.path["account"]
        by = tenancy.authority.of(call.caller.actor, account, in_trash=True)
        proven(call)
        return shown(lifecycle.restore(account, by=by))

    one = "/accounts/{account:acc}"
    return [
        Route(method="POST", path=f"{one}/suspend", summary="Let an account only be looked at; asked from above it", access=Signed.ANY, step_up=True, handle=suspend, body=Suspension, answers=AccountShown),
        Route(method="POST", path=f"{one}/resume", summary="Let a suspended account be used again; asked from above it", access=Signed.ANY, step_up=True, handle=resume, answers=AccountShown),
        changing("DELETE", one, "Delete an account: it can be taken back for seven days, then its keys are destroyed", Permission.ACCOUNTS_DELETE, delete, step_up=True, query=Deletion, answers=AccountShown, problems=(409,)),
        Route(method="POST", path=f"{one}/restore", summary="Take a deleted account back", access=Signed.ANY, handle=restore, answers=AccountShown, problems=(409,)),
    ]  # fmt: skip

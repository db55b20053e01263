"""Invitations: a letter whose token makes its reader a member, once, within 72 hours, when the address is theirs and whoever invited them still may."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from listbackup.backends.identity.opaque import digest, new_secret
from listbackup.backends.identity.port import TooManyTries
from listbackup.base.errors import Conflict, Gone, InputError, NotFound, NotMeant
from listbackup.base.paging import Page
from listbackup.http.caller import NotAllowed
from listbackup.http.permission import Permission
from listbackup.services.accounts.acts import Act, Acts
from listbackup.services.accounts.authority import Authority
from listbackup.services.accounts.directory import Card, Directory, LetterBox
from listbackup.services.accounts.invitation_book import Invitation, InvitationBook, InvitationState
from listbackup.services.accounts.model import Member
from listbackup.services.accounts.service import Accounts
from listbackup.services.accounts.standing import Standing
from listbackup.services.desk import Desk, Fact
from listbackup.services.rows import Writes

LASTS = timedelta(hours=72)
MOST_AN_HOUR = 20  # letters of one account


class Invitations:
    """Invitations of all accounts. Letters lead to ``web_url``, with the token behind ``#``, where no server's log sees it."""

    def __init__(
        self, desk: Desk, accounts: Accounts, authority: Authority, *, directory: Directory, letters: LetterBox, web_url: str
    ) -> None:
        self._desk, self._accounts, self._authority = desk, accounts, authority
        self._directory, self._letters, self._web = directory, letters, web_url.rstrip("/")
        self._book, self._acts = InvitationBook(desk.tables, desk.clock), Acts(desk)

    def create(self, account: str, email: str, role: str, *, by: Standing) -> Invitation:
        """A letter is on its way. Raises NotFound, InputError, Conflict (asked already, or a member), NotAllowed, TooManyTries, PlanLimit.

        Nothing tells whether the address belongs to somebody who signs in here.
        """
        address = self._directory.check_address(email)
        token = new_secret()

        def attempt() -> Act[Invitation]:
            who, chain = by.now(Permission.MEMBERS_MANAGE), self._accounts.tree.live(account)
            who.demand_to_give(self._accounts.roles.offer(role, chain).permissions)
            mine, place = self._book.turn(account), self._book.place(account, address)
            if place.invitation is not None:
                raise Conflict("this address has an invitation already", hint="send it again, or take it back first", field="email")
            self._check_rate(account)
            now = self._desk.clock.now()
            made = Invitation(
                id=self._desk.new_id("inv"),
                account=chain.account.id,
                email=address,
                role=role,
                invited_by=who.actor,
                created_at=now,
                sent_at=now,
                expires_at=now + LASTS,
                token=digest(token),
            )
            letter = self._letter(made, chain.account.name, token)
            writes = [*self._book.open(made, token, place), mine, *letter, *self._accounts.tree.check(chain), *who.checks]
            return made, writes, [_fact("created", made)]

        return self._acts.do(attempt, by.scope(account))

    def list(self, account: str, *, limit: int = 100, cursor: str | None = None) -> Page[Invitation]:
        """The account's invitations, newest first, accepted and revoked ones too."""
        return self._book.page(account, limit=limit, cursor=cursor)

    def get(self, account: str, invitation: str) -> Invitation:
        """The account's invitation of this id. Raises NotFound."""
        found = self._book.find(invitation)
        if found is None or found.account != account:
            raise NotFound(f"there is no invitation {invitation[:40]!r}")
        return found

    def resend(self, account: str, invitation: str, *, by: Standing) -> Invitation:
        """Another letter with another token and 72 hours; the old token is void. Whoever sends it answers for it from now on. Raises NotFound, Conflict, NotAllowed, TooManyTries."""
        token = new_secret()

        def attempt() -> Act[Invitation]:
            who, chain, old = by.now(Permission.MEMBERS_MANAGE), self._accounts.tree.live(account), self.get(account, invitation)
            who.demand_to_give(self._accounts.roles.offer(old.role, chain).permissions)
            if old.state is not InvitationState.PENDING:
                raise Conflict(f"the invitation was {old.state.value}", hint="make another")
            mine = self._book.turn(account)
            self._check_rate(account)
            now = self._desk.clock.now()
            new = replace(old, sent_at=now, expires_at=now + LASTS, token=digest(token), invited_by=who.actor)
            letter = self._letter(new, chain.account.name, token)
            return new, [*self._book.renew(old, new, token), mine, *letter, *who.checks], [_fact("sent_again", new)]

        return self._acts.do(attempt, by.scope(account))

    def revoke(self, account: str, invitation: str, *, by: Standing) -> None:
        """Nobody can accept it any more; twice is no error. Raises NotFound, Conflict (it was accepted), NotAllowed."""

        def attempt() -> Act[None]:
            who, old = by.now(Permission.MEMBERS_MANAGE), self.get(account, invitation)
            if old.state is InvitationState.ACCEPTED:
                raise Conflict("the invitation was accepted", hint="remove the member instead")
            if old.state is InvitationState.REVOKED:
                return None, [], []
            new = replace(old, state=InvitationState.REVOKED)
            return None, [*self._book.close(old, new), *who.checks], [_fact("revoked", new)]

        self._acts.do(attempt, by.scope(account))

    def address_of(self, token: str) -> str | None:
        """The address that the invitation of this token was sent to, or None when it is none, or over: who holds it may register with that address."""
        found = self._book.by_token(token)
        return found.email if found is not None else None

    def accept(self, token: str, card: Card) -> Member:
        """This person is a member now. Raises Gone (used, revoked, too old, or whoever invited may not any more), NotMeant (another address), Conflict (a member already), PlanLimit."""

        def attempt() -> Act[Member]:
            found = self._book.by_token(token)
            if found is None:
                raise Gone("this invitation was used, taken back, or is too old", hint="ask for a new one")
            if not card.email_verified or not self._directory.is_address_of(found.email, card):
                raise NotMeant("this invitation was sent to another address", hint="sign in with the address that it was sent to")
            try:
                inviter = self._authority.of(found.invited_by, found.account).now(Permission.MEMBERS_MANAGE)
                member, joins, facts = self._accounts.members.joining(
                    self._accounts.tree.live(found.account), card.user, found.role, by=inviter
                )
            except (NotFound, NotAllowed):
                raise Gone("whoever invited you may not do so any more", hint="ask somebody else of the account") from None
            except Conflict:
                raise
            except InputError:  # the role is gone
                raise Gone("the role that was offered is there no more", hint="ask for a new invitation") from None
            closed = self._book.close(found, replace(found, state=InvitationState.ACCEPTED, accepted_by=card.user))
            home = (
                [] if self._accounts.members.home(card.user) is not None else [self._accounts.members.home_write(card.user, found.account)]
            )
            return member, [*joins, *closed, *home], [*facts, _fact("accepted", found, user=card.user)]

        found = self._book.by_token(token)
        scope = self._accounts.person_scope(card.user, found.account if found is not None else "installation")
        return self._acts.do(attempt, scope)

    def _check_rate(self, account: str) -> None:
        newest = self._book.page(account, limit=MOST_AN_HOUR).items
        since = self._desk.clock.now() - timedelta(hours=1)
        if len(newest) >= MOST_AN_HOUR and sorted(one.sent_at for one in newest)[0] > since:
            wait = sorted(one.sent_at for one in newest)[0] - since
            raise TooManyTries(f"an account sends at most {MOST_AN_HOUR} invitations an hour", retry_after=wait)

    def _letter(self, invitation: Invitation, account: str, token: str) -> Writes:
        who = self._directory.find(invitation.invited_by)
        text = (
            f"{who.name if who is not None else 'Somebody'} invites you to the account {account!r} on ListBackup.\n\n"
            "Follow this link, and sign in or register with this address. It works once, within 72 hours.\n\n"
            f"{self._web}/accept-invitation#token={token}\n"
        )
        return self._letters.write(to=invitation.email, subject=f"ListBackup: an invitation to {account}", text=text)


def _fact(happened: str, invitation: Invitation, **about: str) -> Fact:
    """``invitation.created``, ``.sent_again``, ``.revoked``, ``.accepted``. Never an address."""
    return Fact(name=f"invitation.{happened}", subject=invitation.id, about={"role": invitation.role, **about})

"""API keys: made, shown once, recognised, revoked."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from listbackup.backends.table.port import Absent, Check, ConditionFailed, Equals, Item, Put, Scalar, Stamped, Update
from listbackup.base.clock import iso, parse_iso
from listbackup.base.decode import from_json, from_plain
from listbackup.base.errors import Conflict, InputError, NotFound
from listbackup.base.ids import AccountId, UserId
from listbackup.base.paging import Page, iter_pages
from listbackup.base.secret import Secret
from listbackup.http.caller import Caller, CallerKind, NotAllowed, NotSignedIn
from listbackup.http.permission import Bundle, Permission, expand, shown
from listbackup.services.accounts.acts import Act, Acts
from listbackup.services.accounts.key_text import KeyText, digest_of, make_key, read_key
from listbackup.services.accounts.model import AccountState
from listbackup.services.accounts.recognised import Recognised
from listbackup.services.accounts.service import Accounts
from listbackup.services.accounts.standing import Standing, machine
from listbackup.services.accounts.table import API_KEYS
from listbackup.services.desk import Desk, Fact
from listbackup.services.scope import Scope

DEFAULT_LIFE = timedelta(days=90)
LONGEST_LIFE = timedelta(days=365)
GRACE, LONGEST_GRACE = timedelta(hours=24), timedelta(days=7)
NOTED_EVERY = timedelta(minutes=1)  # how exact ``used_at`` is


class Reach(StrEnum):
    """How far a key reaches."""

    ACCOUNT = "account"
    BRANCH = "branch"  # the account and everything below it


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A program's credential for one account, or for its branch. The key itself is not part of it: only its digest is kept.

    A key that a person made is theirs: it can never do more than they can, and dies with their membership.
    """

    id: str
    account: AccountId
    name: str
    permissions: tuple[Permission, ...]
    created_at: datetime
    expires_at: datetime
    created_by: str
    revoked_at: datetime | None = None
    used_at: datetime | None = None
    version: int = 1
    user: UserId | None = None  # whose it is; None: made at the machine itself
    reach: Reach = Reach.ACCOUNT
    rotated_at: datetime | None = None
    old_until: datetime | None = None  # until when the text before the last rotation opens too


@dataclass(frozen=True, slots=True, kw_only=True)
class NewApiKey:
    """A key at the one moment when its text is known."""

    key: ApiKey
    text: Secret = field(repr=False)


class ApiKeys:
    """The API keys of all accounts, each found by its own id; an ``Authenticator``."""

    def __init__(self, desk: Desk, accounts: Accounts, *, environment: str = "live") -> None:
        self._desk, self._accounts, self._environment = desk, accounts, environment
        self._table = desk.tables.open(API_KEYS)
        self._acts = Acts(desk)
        self._recognised = Recognised(desk.tables) if isinstance(desk.tables, Stamped) else None

    def create(
        self,
        scope: Scope,
        *,
        name: str,
        permissions: Iterable[Bundle | Permission] = (Bundle.READ,),
        life: timedelta = DEFAULT_LIFE,
        reach: Reach = Reach.ACCOUNT,
        by: Standing | None = None,
    ) -> NewApiKey:
        """A new key and its text, which nobody can show again; bundles are kept as what they hold now, ``system:operate`` only where the maker has it.

        ``by`` stands in the account; None: whoever sits at the machine. Raises InputError, NotAllowed (more than the maker's own), PlanLimit.
        """
        asked, checked = tuple(permissions), _checked_name(name)
        _demand_sense(asked, life)
        maker = by or machine(scope.actor)
        id_, text, digest = make_key(self._environment)

        def attempt() -> Act[NewApiKey]:
            who, now = maker.now(Permission.API_KEYS_MANAGE), self._desk.clock.now()
            chosen = _within(asked, who.permissions)
            who.demand_own(chosen)
            _demand_reach(who, reach)
            room = self._accounts.limits.room(scope.account, "api_keys", self._living(scope))
            key = ApiKey(
                id=id_,
                account=scope.account,
                name=checked,
                permissions=chosen,
                created_at=now,
                expires_at=now + life,
                created_by=who.actor,
                user=who.user,
                reach=reach,
            )
            item: dict[str, Scalar] = {**_item(key), "digest": digest}
            fact = Fact(name="api_key.created", subject=id_, about={"name": key.name, "scopes": shown(chosen), "reach": reach.value})
            return NewApiKey(key=key, text=text), [(self._table, Put(item=item, if_=Absent())), *room, *who.checks], [fact]

        return self._acts.do(attempt, scope)

    def rotate(self, scope: Scope, key: str, *, grace: timedelta = GRACE, by: Standing | None = None) -> NewApiKey:
        """The key with a new text and its life anew; the old text opens until the grace is over. Raises NotFound, InputError, NotAllowed, Conflict (revoked)."""
        if not timedelta(0) <= grace <= LONGEST_GRACE:
            raise InputError(f"the old text may open for at most {LONGEST_GRACE.days} days more", field="grace_hours")
        maker = by or machine(scope.actor)

        def attempt() -> Act[NewApiKey]:
            who, old, now = maker.now(Permission.API_KEYS_MANAGE), self.get(scope, key), self._desk.clock.now()
            who.demand_own(old.permissions)
            _demand_reach(who, old.reach)
            if old.revoked_at is not None:
                raise Conflict("the API key was revoked", hint="make another")
            _, text, digest = make_key(self._environment, id_=old.id)
            life = old.expires_at - (old.rotated_at or old.created_at)
            until = min(now + grace, old.expires_at)
            new = replace(old, rotated_at=now, expires_at=now + life, old_until=until, version=old.version + 1)
            kept = self._item(old.id)["digest"]
            changed: dict[str, Scalar] = {
                "doc": _doc(new),
                "version": new.version,
                "digest": digest,
                "old_digest": kept,
                "old_until": iso(until),
            }
            write = Update(pk=new.id, sk="key", set=changed, if_=Equals({"version": old.version}))
            fact = Fact(name="api_key.rotated", subject=new.id, about={"name": new.name, "old_until": iso(until)})
            return NewApiKey(key=new, text=text), [(self._table, write), *who.checks], [fact]

        return self._acts.do(attempt, scope)

    def list(self, scope: Scope, *, limit: int = 100, cursor: str | None = None) -> Page[ApiKey]:
        """The account's keys, oldest first, revoked and expired ones too."""
        page = self._table.query(scope.account, index="by_account", limit=limit, cursor=cursor)
        return Page(items=[_read(item) for item in page.items], next_cursor=page.next_cursor)

    def get(self, scope: Scope, key: str) -> ApiKey:
        """The account's key of this id. Raises NotFound."""
        item = self._table.find(key, "key") if key.isascii() and key else None
        if item is None or item["account"] != scope.account:
            raise NotFound(f"there is no API key {key!r}")
        return _read(item)

    def revoke(self, scope: Scope, key: str) -> ApiKey:
        """The key, which opens nothing from now on; revoking twice is no error. Raises NotFound."""
        old = self.get(scope, key)
        if old.revoked_at is not None:
            return old
        new = replace(old, revoked_at=self._desk.clock.now(), version=old.version + 1)
        write = Update(pk=new.id, sk="key", set={"doc": _doc(new), "version": new.version}, if_=Equals({"version": old.version}))
        try:
            self._desk.commit(scope, [(self._table, write)], Fact(name="api_key.revoked", subject=new.id, about={"name": new.name}))
        except ConditionFailed:
            raise Conflict("the API key was changed by somebody else meanwhile", hint="look again and repeat") from None
        return new

    def authenticate(self, bearer: Secret) -> Caller:
        """See ``Authenticator``: the caller of a key that is known, not revoked and not over, with what it may do now in its own account.

        Who was recognised is remembered until anything is written anywhere, and no longer than a minute (docs/decisions/0230).
        """
        now = self._desk.clock.now()
        if self._recognised is None:
            return self._recognise(read_key(bearer), now)[0]
        stamp, digest = self._recognised.stamp(), digest_of(bearer)  # before the rows are read
        caller = self._recognised.find(stamp, digest, now)
        if caller is None:
            caller, until = self._recognise(read_key(bearer), now)
            self._recognised.keep(stamp, digest, caller, now, until)
        return caller

    def _recognise(self, said: KeyText | None, now: datetime) -> tuple[Caller, datetime]:
        """The caller, and until when nothing but a write can change it."""
        item = self._table.find(said.id, "key") if said is not None else None
        if said is None or item is None or not _opens(item, said.digest, now):
            raise NotSignedIn("the API key is not known", hint="make one with:  listbackup api-key create NAME")
        key = _read(item)
        if key.revoked_at is not None:
            raise NotSignedIn("the API key was revoked")
        if key.expires_at <= now:
            raise NotSignedIn("the API key has expired", hint="make another")
        try:
            standing = self._standing(key, key.account)
        except NotFound:
            raise NotSignedIn("the API key's account, or the person it belongs to there, is gone") from None
        used = key.used_at
        if used is None or now - used >= NOTED_EVERY:
            self._table.update(Update(pk=key.id, sk="key", set={"used_at": iso(now)}))
            used = now
        caller = Caller(id=key.id, actor=standing.actor, kind=CallerKind.KEY, account=key.account, permissions=standing.usable)
        return caller, min(
            used + NOTED_EVERY, key.expires_at, *([key.old_until] if key.old_until is not None and key.old_until > now else [])
        )

    def permissions(self, key: str, account: AccountId) -> frozenset[Permission]:
        """See ``Authenticator``: what this key may do in this account now. Raises NotFound beyond its reach."""
        return self.standing(key, account).usable

    def standing(self, key: str, account: str, *, in_trash: bool = False) -> Standing:
        """What this key may do in this account now: never more than the person it belongs to. Raises NotFound beyond its reach, or when it is over."""
        found = _read(self._item(key))
        if found.revoked_at is not None or found.expires_at <= self._desk.clock.now():
            raise NotFound(f"there is no API key {key!r}")
        return self._standing(found, account, in_trash=in_trash)

    def _standing(self, key: ApiKey, account: str, *, in_trash: bool = False) -> Standing:
        tree = self._accounts.tree
        chain = tree.chain(account) if in_trash else tree.live(account)
        if key.account != account and not (key.reach is Reach.BRANCH and key.account in chain.ids):
            raise NotFound(f"there is no account {account!r}")
        if key.user is not None:
            person = self._accounts.members.standing_in(chain, key.user, in_trash=in_trash)
        else:
            person = self._accounts.members.machine_standing(chain)
        alive = Check(pk=key.id, sk="key", if_=Equals({"version": key.version}))
        return Standing(
            actor=f"key_{key.id}",
            user=key.user,
            permissions=frozenset(key.permissions) & person.permissions,
            roles=person.roles,
            is_suspended=chain.state is AccountState.SUSPENDED,
            is_narrow=key.reach is Reach.ACCOUNT,
            has_below=lambda: bool(tree.children(account, limit=1).items),
            checks=[*person.checks, (self._table, alive)],
            renew=lambda: self.standing(key.id, account, in_trash=in_trash),
        )

    def reach_of(self, key: str) -> Reach:
        """How far the key of this id reaches. Raises NotFound."""
        return _read(self._item(key)).reach

    def forget(self, account: str) -> None:
        """Removes every key of an account that is no more."""
        for item in list(iter_pages(lambda cursor: self._table.query(account, index="by_account", cursor=cursor))):
            self._table.delete(str(item["pk"]), "key")

    def _living(self, scope: Scope) -> Iterator[ApiKey]:
        now = self._desk.clock.now()
        keys = iter_pages(lambda cursor: self.list(scope, cursor=cursor))
        return (key for key in keys if key.revoked_at is None and key.expires_at > now)

    def _item(self, key: str) -> Item:
        item = self._table.find(key, "key") if key.isascii() and key else None
        if item is None:
            raise NotFound(f"there is no API key {key!r}")
        return item


def _opens(item: Item, digest: bytes, now: datetime) -> bool:
    """Whether this is the digest of the key's text, or of the one before while its grace lasts."""
    is_new = hmac.compare_digest(digest, _bytes(item["digest"]))
    old = item.get("old_digest")
    is_old = old is not None and hmac.compare_digest(digest, _bytes(old)) and now < parse_iso(str(item["old_until"]))
    return is_new or is_old


def _demand_reach(who: Standing, reach: Reach) -> None:
    """Raises NotAllowed for a key of one account that would come to hold one for its branch; the operator's own may make it, as whoever sits at the machine may."""
    if who.is_narrow and reach is Reach.BRANCH and Permission.SYSTEM_OPERATE not in who.permissions:
        raise NotAllowed("a key of one account makes none that reaches its branch", hint="ask somebody who works in the branch")


def _within(asked: Iterable[Bundle | Permission], own: frozenset[Permission]) -> tuple[Permission, ...]:
    """What was asked for; a bundle holds ``system:operate`` only for who has it."""
    by_name = {one for one in asked if isinstance(one, Permission)}
    chosen = expand(asked)
    return tuple(one for one in chosen if one is not Permission.SYSTEM_OPERATE or one in own or one in by_name)


def _checked_name(name: str) -> str:
    if not name.strip() or len(name) > 100 or not name.isprintable():
        raise InputError("an API key's name has 1 to 100 printable characters", field="name")
    return name.strip()


def _demand_sense(asked: tuple[Bundle | Permission, ...], life: timedelta) -> None:
    if not asked:
        raise InputError("an API key needs at least one scope", field="scopes")
    if not timedelta(minutes=1) <= life <= LONGEST_LIFE:
        raise InputError(f"an API key lives from a minute to {LONGEST_LIFE.days} days", field="life")


def _item(key: ApiKey) -> dict[str, Scalar]:
    return {
        "pk": key.id,
        "sk": "key",
        "account": key.account,
        "made": f"{iso(key.created_at)}/{key.id}",
        "version": key.version,
        "doc": _doc(key),
    }


def _doc(key: ApiKey) -> str:
    return msgspec.json.encode(replace(key, used_at=None)).decode()


def _read(item: Item) -> ApiKey:
    doc, used = str(item["doc"]), item.get("used_at")
    key = from_json(doc, ApiKey) if '"permissions":' in doc else _older(doc)
    return replace(key, used_at=parse_iso(str(used)) if used is not None else None)


def _older(doc: str) -> ApiKey:
    """A key of before there were permissions: its words stand for what they always stood for."""
    kept = msgspec.json.decode(doc)
    return from_plain({**kept, "permissions": expand(kept["access"])}, ApiKey, strict=False)


def _bytes(value: Scalar) -> bytes:
    assert isinstance(value, bytes)
    return value

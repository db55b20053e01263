"""API keys: made, shown once, recognised, revoked."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import msgspec

from listbackup.backends.table.port import Absent, ConditionFailed, Equals, Item, Put, Scalar, Update
from listbackup.base.clock import iso, parse_iso
from listbackup.base.errors import Conflict, InputError, NotFound
from listbackup.base.ids import AccountId
from listbackup.base.paging import Page
from listbackup.base.secret import Secret
from listbackup.http.caller import Caller, CallerKind, NotSignedIn
from listbackup.http.permission import Bundle, Permission, expand, shown
from listbackup.services.accounts.key_text import make_key, read_key
from listbackup.services.accounts.table import API_KEYS
from listbackup.services.desk import Desk, Fact
from listbackup.services.scope import Scope

DEFAULT_LIFE = timedelta(days=90)
LONGEST_LIFE = timedelta(days=365)
NOTED_EVERY = timedelta(minutes=1)  # how exact ``used_at`` is


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A program's credential for one account. The key itself is not part of it: only its digest is kept."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class NewApiKey:
    """A key at the one moment when its text is known."""

    key: ApiKey
    text: Secret = field(repr=False)


class ApiKeys:
    """The API keys of all accounts, each found by its own id; an ``Authenticator``."""

    def __init__(self, desk: Desk, *, environment: str = "live") -> None:
        self._desk, self._environment = desk, environment
        self._table = desk.tables.open(API_KEYS)

    def create(
        self, scope: Scope, *, name: str, permissions: Iterable[Bundle | Permission] = (Bundle.READ,), life: timedelta = DEFAULT_LIFE
    ) -> NewApiKey:
        """A new key and its text, which nobody can show again; bundles are kept as what they hold now. Raises InputError."""
        chosen = expand(permissions)
        if not name.strip() or len(name) > 100 or not name.isprintable():
            raise InputError("an API key's name has 1 to 100 printable characters", field="name")
        if not chosen:
            raise InputError("an API key needs at least one scope", field="scopes")
        if not timedelta(minutes=1) <= life <= LONGEST_LIFE:
            raise InputError(f"an API key lives from a minute to {LONGEST_LIFE.days} days", field="life")
        id_, text, digest = make_key(self._environment)
        now = self._desk.clock.now()
        key = ApiKey(
            id=id_,
            account=scope.account,
            name=name.strip(),
            permissions=chosen,
            created_at=now,
            expires_at=now + life,
            created_by=scope.actor,
        )
        item: dict[str, Scalar] = {**_item(key), "digest": digest}
        fact = Fact(name="api_key.created", subject=id_, about={"name": key.name, "scopes": shown(chosen)})
        self._desk.commit(scope, [(self._table, Put(item=item, if_=Absent()))], fact)
        return NewApiKey(key=key, text=text)

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
        """See ``Authenticator``: the caller of a key that is known, not revoked and not over."""
        said = read_key(bearer)
        item = self._table.find(said.id, "key") if said is not None else None
        if said is None or item is None or not hmac.compare_digest(said.digest, _bytes(item["digest"])):
            raise NotSignedIn("the API key is not known", hint="make one with:  listbackup api-key create NAME")
        key, now = _read(item), self._desk.clock.now()
        if key.revoked_at is not None:
            raise NotSignedIn("the API key was revoked")
        if key.expires_at <= now:
            raise NotSignedIn("the API key has expired", hint="make another")
        if key.used_at is None or now - key.used_at >= NOTED_EVERY:
            self._table.update(Update(pk=key.id, sk="key", set={"used_at": iso(now)}))
        return Caller(id=key.id, actor=f"key_{key.id}", kind=CallerKind.KEY, account=key.account, permissions=frozenset(key.permissions))


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
    key = msgspec.json.decode(doc, type=ApiKey) if '"permissions":' in doc else _older(doc)
    return replace(key, used_at=parse_iso(str(used)) if used is not None else None)


def _older(doc: str) -> ApiKey:
    """A key of before there were permissions: its words stand for what they always stood for."""
    kept = msgspec.json.decode(doc)
    return msgspec.convert({**kept, "permissions": expand(kept["access"])}, ApiKey, strict=False)


def _bytes(value: Scalar) -> bytes:
    assert isinstance(value, bytes)
    return value

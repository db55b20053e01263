"""People who are sent to a platform's sign-in page, and what becomes of what they bring back.

The way back is good once, for ten minutes, for who began it (a browser's session, a program's key), in the account and for the platform that it was begun for.
Where it leads is built from the settings; nothing of a request decides it. Source: RFC 6749 10, 7636, 9207, 9700; TRUST.md, abuse 6.
"""

from __future__ import annotations

import base64
import hashlib
import secrets as randomness
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from listbackup.backends.keyring.seal import open_field, seal_field
from listbackup.backends.table.port import Absent, ConditionFailed, Exists, Put, Scalar
from listbackup.base.decode import from_json
from listbackup.base.errors import InputError, ListBackupError
from listbackup.base.ids import AccountId, ConnectionId
from listbackup.base.secret import Secret
from listbackup.connectors.engine.connector import AuthMethod, Credentials
from listbackup.connectors.engine.sign_in import Agreement, SignIn
from listbackup.services.connections.credentials import leads_elsewhere
from listbackup.services.connections.model import Connection
from listbackup.services.connections.service import Connections
from listbackup.services.connections.table import SIGN_INS
from listbackup.services.connections.vault import Keys
from listbackup.services.desk import Desk, Fact
from listbackup.services.integrations import Integrations
from listbackup.services.rows import Writes
from listbackup.services.scope import Scope

LIFE = timedelta(minutes=10)
_TOLD = frozenset({"access_denied", "invalid_scope", "server_error", "temporarily_unavailable", "login_required", "consent_required"})

MayShow = Callable[[AccountId], None]  # the application of this account, to a host of one's own choosing. Raises NotAllowed
Enter = Callable[[str], Scope]  # the account, entered by who brings something back. Raises NotFound, NotAllowed


class WayBackBroken(ListBackupError):
    """What came back from a sign-in page cannot be used: it is not of here, not of this person, too late, or not for the first time."""


class Declined(WayBackBroken):
    """The platform, or the person there, said no; ``code`` is one of OAuth's own words."""

    def __init__(self, code: str) -> None:
        super().__init__(f"nothing was connected: {code.replace('_', ' ')}", hint="start again if that was not meant")
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """Where to send the person."""

    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BroughtBack:
    """The parameters of the way back; ``path`` is the platform in its address, where it has one."""

    state: str
    code: str | None = None
    issuer: str | None = None
    error: str | None = None
    path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """What became of it."""

    scope: Scope
    connection: Connection
    repaired: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    account: str
    holder: str
    platform: str
    verifier: str
    redirect: str
    values: Mapping[str, str]
    secrets: Mapping[str, str]
    name: str | None
    reconnect: str | None
    own_path: bool


class Consents:
    """Sign-ins that were begun."""

    def __init__(self, desk: Desk, connections: Connections, integrations: Integrations, keys: Keys) -> None:
        self._desk, self._connections, self._integrations, self._keys = desk, connections, integrations, keys
        self._table = desk.tables.open(SIGN_INS)

    def start(
        self,
        scope: Scope,
        platform: str,
        *,
        holder: str,
        values: Mapping[str, str] | None = None,
        secrets: Mapping[str, Secret] | None = None,
        name: str | None = None,
        reconnect: str | None = None,
        redirect: str | None = None,
        may_show: MayShow = lambda _: None,
    ) -> Begun:
        """Where to send the person. ``holder`` is who may bring something back; ``redirect`` is another way back, of our own making; ``may_show`` is asked
        where the secret of an account's application would be shown to a host that is chosen here for the first time.

        Raises NotFound (platform, connection), InputError (a field, no application, no public address), PlatformError (egress_denied), what ``may_show`` raises.
        """
        old = self._connections.get(scope, reconnect) if reconnect is not None else None
        if old is not None and old.platform != platform:
            raise InputError(f"connection {old.name!r} is one of {old.platform!r}", field="reconnect", hint="name its own platform")
        if old is None:
            self._connections.room(scope)
        kept = self._connections.known(scope, old) if old is not None else Credentials(values={}, secrets={})
        elsewhere = leads_elsewhere(kept.values, values)
        asked, hidden = {**kept.values, **(values or {})}, {**({} if elsewhere else kept.secrets), **(secrets or {})}
        page, given, agreement = self._connections.reach.agreement(scope, platform, asked, hidden)
        if page.is_anywhere and (old is None or old.method is not AuthMethod.OAUTH or elsewhere):
            self._ask_whether_shown(scope, platform, page, may_show)
        own_path = page.facts.issuer is None
        back = redirect or self._integrations.redirect_uri(platform, own_path=own_path)
        if back is None:
            raise InputError("it is not known where people come back to", hint="set LISTBACKUP_PUBLIC_URL to the address of this server")
        state, verifier = randomness.token_urlsafe(32), randomness.token_urlsafe(48)
        try:
            url = agreement.page(state=state, challenge=challenge(verifier), redirect=back)
        finally:
            agreement.close()
        waiting = _Waiting(
            account=scope.account,
            holder=_hash(holder),
            platform=platform,
            verifier=verifier,
            redirect=back,
            values=given.values,
            secrets={field: secret.reveal() for field, secret in given.secrets.items()},
            name=name,
            reconnect=old.id if old is not None else None,
            own_path=own_path and redirect is None,
        )
        return Begun(url=url, expires_at=self._wait(scope, state, waiting))

    def _wait(self, scope: Scope, state: str, waiting: _Waiting) -> datetime:
        """Until when what is brought back with this state is taken."""
        until = self._desk.clock.now() + LIFE
        about = {"platform": waiting.platform}
        fact = Fact(name="connection.sign_in_begun", subject=waiting.reconnect or waiting.platform, about=about)
        self._desk.commit(scope, self._row(_hash(state), waiting, until), fact)
        return until

    def _ask_whether_shown(self, scope: Scope, platform: str, page: SignIn, may_show: MayShow) -> None:
        application = self._integrations.find_application(scope, platform) if page.wants_application else None
        if application is not None and application.client_secret.reveal():
            may_show(application.account)

    def finish(self, back: BroughtBack, *, holder: str, enter: Enter) -> Came:
        """The connection that was made or repaired. Raises WayBackBroken, Declined, InputError, PlatformError, and what ``enter`` raises.

        Somebody else's attempt does not use up the way back of who began it; any other does, whatever comes of it.
        """
        key = _hash(back.state)
        waiting = self._find(key)
        if waiting is None or waiting.holder != _hash(holder):
            raise _broken()
        scope = enter(waiting.account)
        try:
            self._table.delete(key, "state", if_=Exists())
        except ConditionFailed:  # somebody was faster: of many at once, one comes through
            raise _broken() from None
        if back.path != (waiting.platform if waiting.own_path else None):
            raise _broken()
        return self._came(scope, waiting, back)

    def _came(self, scope: Scope, waiting: _Waiting, back: BroughtBack) -> Came:
        given = Credentials(values=waiting.values, secrets={field: Secret(text) for field, text in waiting.secrets.items()})
        page, _, agreement = self._connections.reach.agreement(scope, waiting.platform, given.values, given.secrets)
        try:
            if not agreement.issued_by(back.issuer):
                raise _broken()
            if back.error is not None or not back.code:
                raise self._declined(scope, waiting, back)
            tokens = agreement.exchange(back.code, verifier=waiting.verifier, redirect=waiting.redirect)
            try:
                made = self._connections.keep_agreed(
                    scope, platform=waiting.platform, given=given, tokens=tokens, name=waiting.name, reconnect=waiting.reconnect
                )
            except ListBackupError:
                self._give_back(scope, waiting, page, agreement, tokens)
                raise
        finally:
            agreement.close()
        return Came(scope=scope, connection=made, repaired=waiting.reconnect is not None)

    def _give_back(self, scope: Scope, waiting: _Waiting, page: SignIn, agreement: Agreement, tokens: Mapping[str, Secret]) -> None:
        """Tokens that nobody keeps; when the platform does not listen now, it is told later."""
        if not agreement.can_revoke(tokens) or agreement.revoke(tokens):
            return
        application = self._integrations.find_application(scope, waiting.platform) if page.wants_application else None
        left = Connection(
            id=ConnectionId(waiting.reconnect or self._desk.new_id("con")),
            name=waiting.name or waiting.platform,
            platform=waiting.platform,
            created_at=self._desk.clock.now(),
            method=AuthMethod.OAUTH,
            values=waiting.values,
            client_id=application.client_id if application is not None else None,
        )
        secrets = {**{name: Secret(text) for name, text in waiting.secrets.items()}, **tokens}
        self._desk.commit(scope, self._connections.revocations.writes(scope, left, secrets))

    def _declined(self, scope: Scope, waiting: _Waiting, back: BroughtBack) -> Declined:
        code = back.error if back.error in _TOLD else "refused"
        self._desk.commit(scope, [], Fact(name="connection.declined", subject=waiting.platform, about={"why": code}))
        return Declined(code)

    def _row(self, key: str, waiting: _Waiting, until: datetime) -> Writes:
        account = self._keys.for_account(waiting.account)
        sealed = seal_field(account, msgspec.json.encode(waiting), context=(SIGN_INS.name, key, "sealed"))
        row: dict[str, Scalar] = {
            "pk": key,
            "sk": "state",
            "account": waiting.account,
            "sealed": sealed,
            "expires_at": int(until.timestamp()),
        }
        return [(self._table, Put(item=row, if_=Absent()))]

    def _find(self, key: str) -> _Waiting | None:
        row = self._table.find(key, "state")
        if row is None:
            return None
        sealed = row["sealed"]
        assert isinstance(sealed, bytes)
        plain = open_field(self._keys.for_account(AccountId(str(row["account"]))), sealed, context=(SIGN_INS.name, key, "sealed"))
        return from_json(plain, _Waiting)


def challenge(verifier: str) -> str:
    """What PKCE shows of a verifier beforehand (S256)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _hash(text: str) -> str:
    return hashlib.sha256(b"sign-in " + text.encode()).hexdigest()


def _broken() -> WayBackBroken:
    return WayBackBroken("this way back from a sign-in page was not begun here by you, is too old, or was used", hint="start again")

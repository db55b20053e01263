"""Integrations: what each account says of a platform, and what holds when the accounts above it are asked too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from listbackup.backends.keyring.scope import KeyScope
from listbackup.backends.keyring.seal import open_field, seal_field
from listbackup.backends.table.port import Absent, ConditionFailed, Equals, Scalar
from listbackup.base.decode import from_json
from listbackup.base.errors import Conflict, InputError, NotFound
from listbackup.base.ids import AccountId
from listbackup.base.secret import Secret
from listbackup.http.versions import VersionGone
from listbackup.services.accounts import Accounts
from listbackup.services.desk import Desk
from listbackup.services.integrations.events import integration_fact
from listbackup.services.integrations.model import Application, Integration, Wanted
from listbackup.services.integrations.table import INTEGRATIONS
from listbackup.services.platforms import AuthMethod, Platform, Platforms
from listbackup.services.rows import Writes
from listbackup.services.scope import AccountTable, Scope

_DEEPEST = 64


class Keys(Protocol):
    """The part of the key hierarchy that sealing needs (``AccountKeys`` has it)."""

    def for_account(self, account: str) -> KeyScope:
        """The account's keys. Raises KeyUnavailable."""
        ...


class PlatformPolicy(Protocol):
    """What an account's policy says of platforms (``Policies`` has it)."""

    def check_platform(self, account: str, platform: str) -> None:
        """Raises InputError when this platform may not be connected in this account."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What one account says itself, as it is kept."""

    account: AccountId
    wanted: Wanted
    sealed: bytes | None
    version: int


class Integrations:
    """The integrations of every account. ``public_url`` is where people come back to from a platform's sign-in page; it comes from the settings only."""

    def __init__(
        self,
        desk: Desk,
        accounts: Accounts,
        platforms: Platforms,
        keys: Keys,
        *,
        policy: PlatformPolicy | None = None,
        public_url: str | None = None,
    ) -> None:
        self._desk, self._accounts, self._platforms, self._keys, self._policy = desk, accounts, platforms, keys, policy
        self.public_url = public_url.rstrip("/") if public_url else None

    def list(self, scope: Scope) -> Sequence[Integration]:
        """Every platform, and what holds for it here, by name."""
        return [self._shown(scope, platform) for platform in self._platforms.list()]

    def get(self, scope: Scope, platform: str) -> Integration:
        """What holds for this platform here. Raises NotFound."""
        return self._shown(scope, self._platforms.get(platform))

    def set(
        self, scope: Scope, platform: str, wanted: Wanted, *, client_secret: Secret | None = None, version: int | None = None
    ) -> Integration:
        """The integration after the account said this of it. Raises NotFound, InputError, VersionGone for another ``version``."""
        known = self._platforms.get(platform)
        if wanted.client_id is None and client_secret is not None:
            raise InputError("a client secret belongs to a client id", field="client_secret", hint="give both")
        if wanted.client_id is not None and AuthMethod.OAUTH not in known.methods:
            raise InputError(f"{known.label} has no sign-in page", field="client_id", hint="connect it with a key")
        table = self._table(scope)
        old = self._said(scope, known.name)
        kept = old.version if old is not None else 0
        if version is not None and version != kept:
            raise VersionGone(f"the integration is version {kept} by now, not {version}", hint="read it again and repeat")
        secret = client_secret or self._same_secret(old, known.name, wanted)
        sealed = self._seal(scope.account, known.name, secret) if secret is not None else None
        row: dict[str, Scalar] = {"version": kept + 1, "doc": msgspec.json.encode(wanted).decode(), "sealed": sealed}
        writes = [table.put(known.name, row, if_=Equals({"version": kept}) if kept else Absent())]
        self._commit(scope, writes, known.name, wanted, "changed", secret_changed=client_secret is not None)
        return self.get(scope, platform)

    def remove(self, scope: Scope, platform: str) -> None:
        """Forget what the account says itself; what lies above holds again. Raises NotFound when it says nothing."""
        old = self._said(scope, self._platforms.get(platform).name)
        if old is None:
            raise NotFound(f"this account says nothing of {platform!r} itself")
        writes = [self._table(scope).delete(platform, if_=Equals({"version": old.version}))]
        self._commit(scope, writes, platform, old.wanted, "removed")

    def check(self, scope: Scope, platform: str) -> None:
        """Raises InputError when the platform may not be connected here."""
        found = self.get(scope, platform)
        if self._policy is not None:
            self._policy.check_platform(scope.account, found.platform)
        if not found.enabled:
            raise InputError(f"{found.label} is switched off for this account", field="platform", hint="an administrator can enable it")

    def find_application(self, scope: Scope, platform: str) -> Application | None:
        """The application of this account or of the nearest account above that has one; None where nobody has."""
        said = next((one for one in self._chain(scope, platform) if one.wanted.client_id is not None), None)
        if said is None or said.wanted.client_id is None:
            return None
        secret = self._open(said.account, platform, said.sealed) if said.sealed is not None else Secret("")
        return Application(client_id=said.wanted.client_id, client_secret=secret, account=said.account)

    def calls_per_second(self, scope: Scope, platform: str) -> float | None:
        """How fast one connection may ask here; None where nobody says."""
        return next((one.wanted.calls_per_second for one in self._chain(scope, platform) if one.wanted.calls_per_second is not None), None)

    def redirect_uri(self, platform: str, *, own_path: bool) -> str | None:
        """Where people come back to; ``own_path`` where the platform does not say who it is on the way back (RFC 9700, 4.4.2.2)."""
        if self.public_url is None:
            return None
        return f"{self.public_url}/v2/oauth/callback" + (f"/{platform}" if own_path else "")

    def _shown(self, scope: Scope, platform: Platform) -> Integration:
        chain = list(self._chain(scope, platform.name))
        own = next((one for one in chain if one.account == scope.account), None)
        app = next((one for one in chain if one.wanted.client_id is not None), None)
        enabled = next((one.wanted.enabled for one in chain if one.wanted.enabled is not None), True)
        allowed = self._is_allowed(scope, platform.name)
        signs_in = AuthMethod.OAUTH in platform.methods
        return Integration(
            platform=platform.name,
            label=platform.label,
            available=enabled and allowed,
            enabled=enabled,
            allowed=allowed,
            methods=tuple(platform.methods),
            client_id=app.wanted.client_id if app is not None else None,
            has_client_secret=app is not None and app.sealed is not None,
            application_of=app.account if app is not None else None,
            calls_per_second=next((one.wanted.calls_per_second for one in chain if one.wanted.calls_per_second is not None), None),
            redirect_uri=self.redirect_uri(platform.name, own_path=not platform.tells_issuer) if signs_in else None,
            own=own.wanted if own is not None else Wanted(),
            version=own.version if own is not None else 0,
        )

    def _is_allowed(self, scope: Scope, platform: str) -> bool:
        if self._policy is None:
            return True
        try:
            self._policy.check_platform(scope.account, platform)
        except NotFound:
            raise
        except InputError:
            return False
        return True

    def _chain(self, scope: Scope, platform: str) -> Iterator[_Said]:
        """What the account says, then the one above it, and so on. Reached by the accounts' own tree: who may act here is asked elsewhere."""
        account: AccountId | None = scope.account
        for _ in range(_DEEPEST):
            if account is None:
                return
            said = self._said(Scope(account=account, actor=scope.actor), platform)
            if said is not None:
                yield said
            account = self._accounts.get(account).parent

    def _said(self, scope: Scope, platform: str) -> _Said | None:
        row = self._table(scope).find(platform)
        if row is None:
            return None
        version, sealed = row["version"], row.get("sealed")
        assert isinstance(version, int)
        wanted = from_json(str(row["doc"]), Wanted)
        return _Said(account=scope.account, wanted=wanted, sealed=sealed if isinstance(sealed, bytes) else None, version=version)

    def _same_secret(self, old: _Said | None, platform: str, wanted: Wanted) -> Secret | None:
        if old is None or old.sealed is None or old.wanted.client_id != wanted.client_id:
            return None
        return self._open(old.account, platform, old.sealed)

    def _seal(self, account: AccountId, platform: str, secret: Secret) -> bytes:
        return seal_field(
            self._keys.for_account(account), secret.reveal().encode(), context=(INTEGRATIONS.name, account, platform, "secret")
        )

    def _open(self, account: AccountId, platform: str, sealed: bytes) -> Secret:
        return Secret(
            open_field(self._keys.for_account(account), sealed, context=(INTEGRATIONS.name, account, platform, "secret")).decode()
        )

    def _commit(self, scope: Scope, writes: Writes, platform: str, wanted: Wanted, happened: str, *, secret_changed: bool = False) -> None:
        try:
            self._desk.commit(scope, writes, integration_fact(happened, platform, wanted, secret_changed=secret_changed))
        except ConditionFailed:
            raise Conflict("the integration was changed by somebody else meanwhile", hint="look again and repeat") from None

    def _table(self, scope: Scope) -> AccountTable:
        return self._desk.open(INTEGRATIONS, scope)

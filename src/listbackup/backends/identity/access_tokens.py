"""Access tokens: JWTs signed with Ed25519, which say of themselves that they are access tokens, and for whom.

The header is taken apart here, before the library sees it, and holds ``alg``, ``kid`` and ``typ`` and nothing else: no key, address or extension that a token brings
along is ever looked at. Source: RFC 9068 (access tokens as JWTs), RFC 8725 (best current practices), RFC 8037 and RFC 9864 (Ed25519).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from listbackup.backends.identity.port import Claims, Session, Signer, SignInRefused
from listbackup.backends.identity.settings import IdentitySettings
from listbackup.backends.identity.table import SIGNING_KEYS
from listbackup.backends.keyring.scope import KeyScope
from listbackup.backends.keyring.seal import open_field, seal_field
from listbackup.backends.table.port import Absent, Item, Tables
from listbackup.base.clock import Clock, iso, parse_iso, unix_ms
from listbackup.base.decode import from_json, from_plain
from listbackup.base.ids import UserId, new_id

ALGORITHM = "Ed25519"  # RFC 9864: EdDSA with its curve named
TYPE = "at+jwt"
USE = "access"

_LONGEST = 4096
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_LEEWAY = timedelta(seconds=60)  # how far another process's clock may be ahead
_PARTITION = "access"


class _Header(msgspec.Struct, forbid_unknown_fields=True):
    alg: str
    kid: str
    typ: str


class _Payload(msgspec.Struct):
    iss: str
    aud: str
    sub: str
    sid: str
    iat: int
    exp: int
    token_use: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Key:
    kid: str
    created_at: datetime
    key: OKPKey


class BuiltinAccessTokens:
    """Signs with the youngest key; a replaced one is believed until the last token it signed has ended."""

    def __init__(self, tables: Tables, keys: KeyScope, clock: Clock, settings: IdentitySettings) -> None:
        self._table = tables.open(SIGNING_KEYS)
        self._keys, self._clock, self._figures = keys, clock, settings
        self._opened: dict[str, _Key] = {}

    @property
    def signer(self) -> Signer:
        """See the port."""
        claims = ("iss", "aud", "sub", "sid", "iat", "exp", "jti", "token_use")
        return Signer(issuer=self._figures.issuer, algorithm=ALGORITHM, claims=claims)

    def issue(self, session: Session) -> tuple[str, datetime]:
        """See the port."""
        believed = self._believed() or [self.rotate()]
        now = self._clock.now()
        ends = now + self._figures.access
        payload: dict[str, object] = {
            "iss": self._figures.issuer,
            "aud": self._figures.audience,
            "sub": session.user,
            "sid": session.id,
            "iat": int(now.timestamp()),
            "exp": int(ends.timestamp()),
            "jti": new_id("tok", unix_ms(now)),
            "token_use": USE,
        }
        header = {"alg": ALGORITHM, "kid": believed[-1].kid, "typ": TYPE}
        return jwt.encode(header, payload, believed[-1].key, algorithms=[ALGORITHM]), datetime.fromtimestamp(int(ends.timestamp()), UTC)

    def verify(self, token: str) -> Claims:
        """See the port."""
        header = _header_of(token)
        key = next((one for one in self._believed() if one.kid == header.kid), None)
        if key is None or header.alg != ALGORITHM or header.typ != TYPE:
            raise SignInRefused
        try:
            said = from_plain(jwt.decode(token, key.key, algorithms=[ALGORITHM]).claims, _Payload)
            issued, ends = datetime.fromtimestamp(said.iat, UTC), datetime.fromtimestamp(said.exp, UTC)
        except (JoseError, ValueError, OverflowError, OSError, RecursionError):
            raise SignInRefused from None
        now = self._clock.now()
        if (said.iss, said.aud, said.token_use) != (
            self._figures.issuer,
            self._figures.audience,
            USE,
        ) or not issued - _LEEWAY <= now < ends:
            raise SignInRefused
        return Claims(user=UserId(said.sub), session=said.sid, issued_at=issued, expires_at=ends)

    def key_set(self) -> Mapping[str, object]:
        """See the port."""
        public = [one.key.as_dict(private=False) for one in self._believed() or [self.rotate()]]
        return {"keys": [{**dict(key), "use": "sig", "alg": ALGORITHM} for key in public]}

    def renew(self) -> bool:
        """See the port. Two processes that find it out at once make two keys: both are published and believed."""
        believed = self._believed()
        if believed and self._clock.now() - believed[-1].created_at < self._figures.signing_key:
            return False
        self.rotate()
        return True

    def rotate(self) -> _Key:
        """A new key signs from now on; keys that nobody needs any more are destroyed."""
        now = self._clock.now()
        believed = {key.kid for key in self._believed()}
        for row in self._rows():
            if str(row["sk"]) not in believed:
                self._table.delete(_PARTITION, str(row["sk"]))
        kid = new_id("key", unix_ms(now))
        seed = Ed25519PrivateKey.generate().private_bytes_raw()
        sealed = seal_field(self._keys, seed, context=_context(kid))
        self._table.put({"pk": _PARTITION, "sk": kid, "created_at": iso(now), "sealed": sealed}, if_=Absent())
        return self._believed()[-1]

    def _believed(self) -> list[_Key]:
        """The keys whose tokens may still be good, oldest first."""
        keys = [self._open(row) for row in self._rows()]
        needed = self._clock.now() - self._figures.access - _LEEWAY
        return [key for at, key in enumerate(keys) if at + 1 == len(keys) or keys[at + 1].created_at > needed]

    def _rows(self) -> list[Item]:
        return sorted(self._table.query(_PARTITION).items, key=lambda row: (str(row["created_at"]), str(row["sk"])))

    def _open(self, row: Item) -> _Key:
        kid, sealed = str(row["sk"]), row["sealed"]
        opened = self._opened.get(kid)
        if opened is None:
            assert isinstance(sealed, bytes)
            private = Ed25519PrivateKey.from_private_bytes(open_field(self._keys, sealed, context=_context(kid)))
            parts = {"kty": "OKP", "crv": "Ed25519", "kid": kid}
            secret = {"x": _text(private.public_key().public_bytes_raw()), "d": _text(private.private_bytes_raw())}
            opened = self._opened[kid] = _Key(
                kid=kid, created_at=parse_iso(str(row["created_at"])), key=OKPKey.import_key({**parts, **secret})
            )
        return opened


def _header_of(token: str) -> _Header:
    if len(token) > _LONGEST or _COMPACT.fullmatch(token) is None:
        raise SignInRefused
    first = token.partition(".")[0]
    try:
        return from_json(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)), _Header)
    except (binascii.Error, msgspec.DecodeError, ValueError):
        raise SignInRefused from None


def _context(kid: str) -> tuple[str, str, str]:
    return (SIGNING_KEYS.name, kid, "sealed")


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")

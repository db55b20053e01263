"""Access tokens of the user pool: it signs them, so that API Gateway's JWT authorizer takes them, and publishes its keys.

A token names the family it comes from (``origin_jti``, the same through every refresh); a row here says whose session that is. A token of a family that was not opened
here, however well signed, is nobody's.
Source: https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html and …-verifying-a-jwt.html (read 2026-11-21).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import msgspec

from listbackup.backends.identity.cognito_keys import PublishedKeys
from listbackup.backends.identity.cognito_sessions import HeldTokens
from listbackup.backends.identity.cognito_users import UserPool
from listbackup.backends.identity.port import Claims, Session, Signer, SignInRefused
from listbackup.base.clock import Clock
from listbackup.base.decode import from_json, from_plain
from listbackup.base.ids import UserId

ALGORITHM = "RS256"  # the only one that user pools sign with

_LONGEST = 4096
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_LEEWAY = timedelta(seconds=60)  # how far the pool's clock may be ahead


class _Header(msgspec.Struct, forbid_unknown_fields=True):
    alg: str
    kid: str
    typ: str = "JWT"


class _Payload(msgspec.Struct):
    iss: str
    client_id: str
    username: str
    origin_jti: str
    iat: int
    exp: int
    token_use: str


class CognitoAccessTokens:
    """Asks the pool for tokens, and believes none but its own."""

    def __init__(self, pool: UserPool, held: HeldTokens, keys: PublishedKeys, clock: Clock) -> None:
        self._pool, self._held, self._keys, self._clock = pool, held, keys, clock

    @property
    def signer(self) -> Signer:
        """See the port: the pool."""
        claims = ("iss", "client_id", "sub", "username", "origin_jti", "iat", "exp", "jti", "token_use", "scope", "auth_time")
        return Signer(issuer=self._pool.issuer, algorithm=ALGORITHM, claims=claims)

    def issue(self, session: Session) -> tuple[str, datetime]:
        """See the port. Raises SignInRefused when the pool ended what this session holds: then the session is over for programs."""
        refresh = self._held.find(session.id)
        if refresh is not None:
            access = self._pool.renew(refresh)
            return access, _instant(_said(access).exp)
        tokens = self._pool.open(session.user)
        said = _said(tokens.access)
        self._held.keep(session, tokens, said.origin_jti)
        return tokens.access, _instant(said.exp)

    def verify(self, token: str) -> Claims:
        """See the port."""
        from joserfc import jwt  # 0.1 s of a function's first answer, and only bearer tokens need it
        from joserfc.errors import JoseError

        header = _header_of(token)
        key = self._keys.find(header.kid) if header.alg == ALGORITHM and header.typ == "JWT" else None
        if key is None:
            raise SignInRefused
        try:
            said = from_plain(jwt.decode(token, key, algorithms=[ALGORITHM]).claims, _Payload)
            issued, ends = _instant(said.iat), _instant(said.exp)
        except (JoseError, ValueError, OverflowError, OSError, RecursionError):
            raise SignInRefused from None
        is_ours = (said.iss, said.client_id, said.token_use) == (self._pool.issuer, self._pool.client, "access")
        if not is_ours or not issued - _LEEWAY <= self._clock.now() < ends:
            raise SignInRefused
        whose = self._held.whose(said.origin_jti)
        if whose is None or whose[0] != said.username:
            raise SignInRefused
        return Claims(user=UserId(whose[0]), session=whose[1], issued_at=issued, expires_at=ends)

    def key_set(self) -> Mapping[str, object]:
        """See the port: the pool's."""
        return self._keys.as_published()

    def renew(self) -> bool:
        """See the port: the pool renews its keys itself."""
        return False


def _said(token: str) -> _Payload:
    """What a token says that came from the pool itself, over its own connection."""
    middle = token.split(".")[1]
    return from_json(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)), _Payload)


def _header_of(token: str) -> _Header:
    if len(token) > _LONGEST or _COMPACT.fullmatch(token) is None:
        raise SignInRefused
    first = token.partition(".")[0]
    try:
        return from_json(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)), _Header)
    except (binascii.Error, msgspec.DecodeError, ValueError):
        raise SignInRefused from None


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)

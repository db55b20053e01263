"""What keeps other people's pages from using a browser's session: a token that only our own pages can know, and where a request says it comes from.

The token is computed from the cookie, which no script can read, so nothing is kept. Source: OWASP's Cross-Site Request Forgery Prevention Cheat Sheet; the
Fetch Metadata and Fetch standards (``Sec-Fetch-Site``, ``Origin``).
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from urllib.parse import urlsplit

from listbackup.http.caller import WrongOrigin

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_HINT = "call from a page of this server, or use an API key or an access token"


def csrf_token(cookie: str) -> str:
    """The token that belongs to this cookie."""
    return base64.urlsafe_b64encode(hmac.digest(cookie.encode(), b"listbackup/1/csrf", "sha256")).decode().rstrip("=")


def judge_token(cookie: str, said: str | None) -> None:
    """Raises WrongOrigin unless the token is the cookie's."""
    if said is None or not hmac.compare_digest(csrf_token(cookie).encode(), said.encode("utf-8", "surrogatepass")):
        raise WrongOrigin(
            "the header X-CSRF-Token is missing or is not this session's", hint="it stands in the answer of the sign-in and of /auth/status"
        )


def judge_origin(headers: Mapping[str, str], *, scheme: str, origins: frozenset[str]) -> None:
    """Raises WrongOrigin for a request that a page of another origin made. A program says nothing about where it comes from, and passes."""
    origin = headers.get("origin")
    if origin is not None:
        if not _is_ours(origin, headers.get("host", ""), scheme, origins):
            raise WrongOrigin("a page of another origin made this request", hint=_HINT)
    elif headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        raise WrongOrigin("a page of another site made this request", hint=_HINT)


def _is_ours(origin: str, host: str, scheme: str, origins: frozenset[str]) -> bool:
    """https where we see http is a proxy with TLS before us; http where we see https is somebody in between."""
    if origin.lower() in origins:
        return True
    try:
        said = urlsplit(origin)
    except ValueError:
        return False
    return said.netloc.lower() == host.lower() and said.scheme in ("https", scheme)

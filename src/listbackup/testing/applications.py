"""Fills real applications with invented records, and acts on them as somebody else would: for recordings and end-to-end tests.

These speak plain HTTP of their own and nothing of the engine's, so that what a connector reads is compared with what somebody else wrote.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import struct
import urllib.error
import urllib.request
import zlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from listbackup.base.clock import Clock, SystemClock


class Refused(Exception):
    """The application answered with an error status."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"{status}: {body[:300]!r}")
        self.status = status


def call(method: str, url: str, body: object = None, headers: Mapping[str, str] | None = None) -> Any:
    """The answer's JSON (None if it is empty). ``body`` is sent as JSON unless it is bytes. Raises Refused."""
    sent = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    kind = {"Content-Type": "application/json"} if sent is not None else {}
    request = urllib.request.Request(url, sent, {**kind, **(headers or {})}, method=method)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            content = answer.read()
    except urllib.error.HTTPError as error:
        raise Refused(error.code, error.read()) from None
    return json.loads(content) if content else None


def png(seed: int, width: int = 8, height: int = 8) -> bytes:
    """A valid little picture, another one for each seed."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes((seed * 37 + row * 5 + 3 * at) % 256 for at in range(3 * width)) for row in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


class WordPressSite:
    """A WordPress site as its administrator uses it."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self._base = f"{url}/index.php?rest_route="
        self._sign = {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        """``path`` as in ``/wp/v2/posts``; further parameters with ``&``."""
        return call(method, self._base + path, body, {**self._sign, **headers})

    def upload(self, name: str, content: bytes, title: str) -> Any:
        """A picture in the media library."""
        disposition = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Type": "image/png"}
        return self.ask("POST", f"/wp/v2/media&title={quote(title)}", content, **disposition)

    def fill(self, posts: int = 7, pages: int = 4, pictures: int = 4) -> None:
        """A small site: categories, tags, posts with comments and a picture, pages, a trashed post."""
        category = self.ask("POST", "/wp/v2/categories", {"name": "Harbour", "description": "Ships and quays"})["id"]
        tags = [self.ask("POST", "/wp/v2/tags", {"name": name})["id"] for name in ("rope", "tide", "lamp", "chart")]
        media = [self.upload(f"ship-{number}.png", png(number), f"Ship {number}")["id"] for number in range(pictures)]
        for number in range(posts):
            content = f"<p>Entry {number}: fog, <em>Øresund</em> &amp; “quotes”.</p>"
            post = {"title": f"Log {number}", "content": content, "status": "publish", "categories": [category]}
            made = self.ask("POST", "/wp/v2/posts", {**post, "tags": tags[: number % 4], "featured_media": media[number % len(media)]})
            self.ask("POST", "/wp/v2/comments", {"post": made["id"], "content": f"Seen from the mole, {number} times."})
        for number in range(pages):
            self.ask("POST", "/wp/v2/pages", {"title": f"Berth {number}", "content": "<p>Depth 4.2 m.</p>", "status": "publish"})
        gone = self.ask("POST", "/wp/v2/posts", {"title": "Thrown away", "content": "…", "status": "publish"})["id"]
        self.ask("DELETE", f"/wp/v2/posts/{gone}")


class GhostSite:
    """A Ghost publication as its owner's integration uses it."""

    def __init__(self, url: str, admin_key: str, *, clock: Clock | None = None) -> None:
        self._base = f"{url}/ghost/api/admin"
        self._key_id, _, secret = admin_key.partition(":")
        self._secret, self._clock = bytes.fromhex(secret), clock or SystemClock()

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        """``path`` as in ``/posts/``."""
        sign = {"Authorization": f"Ghost {self._token()}", "Accept-Version": "v5.0"}
        return call(method, self._base + path, body, {**sign, **headers})

    def _token(self) -> str:
        now = int(self._clock.now().timestamp())
        parts = [{"alg": "HS256", "typ": "JWT", "kid": self._key_id}, {"iat": now, "exp": now + 300, "aud": "/admin/"}]
        text = ".".join(_base64(json.dumps(part).encode()) for part in parts)
        return f"{text}.{_base64(hmac.new(self._secret, text.encode(), hashlib.sha256).digest())}"

    def upload(self, name: str, content: bytes) -> str:
        """A picture; its address."""
        edge = "----listbackup-edge"
        head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: image/png\r\n\r\n'
        body = head.encode() + content + f"\r\n--{edge}--\r\n".encode()
        answer = self.ask("POST", "/images/upload/", body, **{"Content-Type": f"multipart/form-data; boundary={edge}"})
        return str(answer["images"][0]["url"])

    def fill(self, posts: int = 7, members: int = 8) -> None:
        """A small publication: pictures, posts and pages that show them, tags, members with labels, an offer."""
        pictures = [self.upload(f"ship-{number}.png", png(number)) for number in range(3)]
        for number in range(posts):
            kind, picture = ("pages" if number % 3 == 2 else "posts"), pictures[number % 3]
            html = f'<p>Entry {number}: fog, <em>Øresund</em>.</p><img src="{picture}" alt="a ship">'
            post = {"title": f"Log {number}", "html": html, "status": "published", "tags": [{"name": f"Tide {number % 4}"}]}
            self.ask("POST", f"/{kind}/?source=html", {kind: [{**post, "feature_image": picture}]})
        for number in range(members):
            labels = [{"name": f"Crew {number % 4}"}] if number % 2 else []
            member = {"email": f"sailor{number}@people.example", "name": f"Sailor {number}", "labels": labels, "note": f"Berth {number}"}
            self.ask("POST", "/members/", {"members": [member]})
        for name in ("Weekly", "Storm warning", "Harbour news"):
            self.ask("POST", "/newsletters/", {"newsletters": [{"name": name}]})


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


class MailmanSite:
    """A Mailman core as its administrator uses it."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self._base = url
        self._sign = {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """``path`` as in ``/lists``."""
        return call(method, self._base + path, body, self._sign)

    def subscribe(self, list_id: str, email: str, name: str, role: str = "member") -> None:
        """Without asking, without mail."""
        quiet = {"pre_verified": True, "pre_confirmed": True, "pre_approved": True, "send_welcome_message": False}
        self.ask("POST", "/members", {"list_id": list_id, "subscriber": email, "display_name": name, "role": role, **quiet})

    def fill(self, members: int = 7) -> None:
        """Two domains, four lists (one without anybody), members, an owner, a ban."""
        for domain in ("lists.example", "crew.example"):
            self.ask("POST", "/domains", {"mail_host": domain})
        for name in ("news@lists.example", "talk@lists.example", "deck@crew.example", "empty@crew.example"):
            self.ask("POST", "/lists", {"fqdn_listname": name})
        for number in range(members):
            self.subscribe("news.lists.example", f"sailor{number}@people.example", f"Sailor {number}")
        self.subscribe("deck.crew.example", "sailor1@people.example", "Sailor 1")
        self.subscribe("news.lists.example", "harbour@people.example", "Harbour Master", role="owner")
        self.ask("POST", "/lists/news.lists.example/bans", {"email": "pirate@people.example"})

"""Somebody at the door: a browser with a cookie jar, or a program with tokens, over a server of memory rooms."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from listbackup.backends.identity.totp import code_of, step_of
from listbackup.base.clock import Clock
from listbackup.testing.http import Client, MemoryHouse, Said
from listbackup.testing.identity import PASSWORD

_COOKIE = re.compile(r"(__Host-lb|lb)=([^;]*)")


@dataclass(slots=True)
class Browser:
    """Keeps the session's cookie, and sends what a page of ours would send."""

    port: int
    origin: str | None = None
    cookies: dict[str, str] = field(default_factory=dict)
    csrf: str | None = None
    account: str | None = None
    host: str | None = None  # by which the server is asked; None: its address on this machine
    beside: Mapping[str, str] = field(default_factory=dict)  # what goes with every request, as a proxy on the way would add it
    come_from: str | None = None  # an address of this machine; None: the usual one

    def ask(self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None, *, root: bool = False) -> Said:
        """The answer to one request; a cookie that comes with it is kept, one that is taken back is gone."""
        sent = {"origin": self.origin or f"http://127.0.0.1:{self.port}", "host": self.host or f"127.0.0.1:{self.port}", **self.beside}
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if self.csrf is not None:
            sent["x-csrf-token"] = self.csrf
        if self.account is not None:
            sent["x-account-id"] = self.account
        said = Client(self.port, come_from=self.come_from).ask(method, path, body, {**sent, **(headers or {})}, root=root)
        found = _COOKIE.search(said.headers.get("set-cookie", ""))
        if found is not None:
            self.cookies = {found[1]: found[2]} if found[2].strip('"') else {}
        if said.raw.startswith(b"{") and said.json.get("csrf_token") is not None:
            self.csrf = said.json["csrf_token"]
        return said

    def ok(self, method: str, path: str, body: object = None) -> Any:
        """The JSON of an answer that is none of a problem."""
        said = self.ask(method, path, body)
        assert said.status < 300, (method, path, said.status, said.raw)
        return said.json if said.raw else None

    def refused(self, method: str, path: str, body: object = None) -> tuple[int, str]:
        """Status and code of a problem."""
        said = self.ask(method, path, body)
        assert said.status >= 400, (method, path, said.status, said.raw)
        return said.status, said.json["code"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """A person with a second factor, in a browser."""

    email: str
    user: str
    seed: bytes
    recovery: list[str]
    browser: Browser

    def code(self, clock: Clock) -> str:
        """The one-time code of this moment."""
        return code_of(self.seed, step_of(clock.now()))


def register(house: MemoryHouse, port: int, email: str = "ada@example.com", *, account: str = "Engines") -> Browser:
    """Somebody who registered by HTTP, followed the mail's link and signed in with a browser, by password alone."""
    browser = Browser(port)
    browser.ok("POST", "/auth/register", {"email": email, "password": PASSWORD, "name": "Ada", "account_name": account})
    browser.ok("POST", "/auth/verify", {"token": house.doors.link(email), "password": PASSWORD})
    browser.ok("POST", "/auth/login", {"email": email, "password": PASSWORD, "kind": "browser"})
    return browser


def grow(house: MemoryHouse, port: int, email: str = "ada@example.com", *, account: str = "Engines") -> Grown:
    """The same with one-time codes: nobody administers an account without a second factor."""
    browser = register(house, port, email, account=account)
    seed = base64.b32decode(browser.ok("POST", "/auth/mfa/setup")["secret"])
    codes = browser.ok("POST", "/auth/mfa/verify", {"code": code_of(seed, step_of(house.clock.now()))})["recovery_codes"]
    house.clock.sleep(30)  # the code of this step is used
    user = browser.ok("GET", "/users/me")["id"]
    return Grown(email=email, user=user, seed=seed, recovery=codes, browser=browser)


def beside(browser: Browser, **changes: Any) -> Browser:
    """The same browser with something changed, jar and all copied."""
    return replace(browser, **{"cookies": dict(browser.cookies), **changes})

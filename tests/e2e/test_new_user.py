"""Somebody new, from the first letter to the last click, over HTTP alone: a real ``listbackup serve`` that knows nobody, and a simulated platform to back up.

At the end every secret that anybody was shown is looked for in what the server kept.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from typing import Any

import pyotp
import pytest

from listbackup.testing import patience
from listbackup.testing.http import Client
from listbackup.testing.identity import PASSWORD
from listbackup.testing.journey import back_up, come_in, connect, give_back, invite, look, pass_a_day
from listbackup.testing.saas import Options, Saas, serve
from listbackup.testing.serving import Serving, serving
from listbackup.testing.visitor import Browser


@dataclass(frozen=True)
class Place:
    server: Serving
    crm: Saas
    seen: list[str] = field(default_factory=list)  # every secret that somebody was shown

    def browser(self) -> Browser:
        return Browser(self.server.port)

    def letter(self, to: str, about: str) -> str:
        """The token of the link in the letter to somebody with this word in its subject, out of the folder where letters wait."""

        def look() -> list[str]:
            letters = [message_from_bytes(path.read_bytes(), policy=default) for path in self.server.data.glob("mail/*.eml")]
            texts = [one.get_content() for one in letters if to in str(one["to"]) and about in str(one["subject"]).lower()]
            return [found for text in texts for found in re.findall(r"#token=(\S+)", text)]

        self.seen.append(str(patience.until(look, bool, pause=0.1)[-1]))
        return self.seen[-1]

    def code(self, secret: str) -> str:
        return pyotp.TOTP(secret).now()


@dataclass
class Listening:
    """Hears the account's events as they happen, over one open request."""

    browser: Browser
    heard: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", self.browser.port, timeout=120)
        cookie = "; ".join(f"{name}={value}" for name, value in self.browser.cookies.items())
        self._connection.request("GET", "/v2/events?seconds=100", headers={"Host": f"127.0.0.1:{self.browser.port}", "Cookie": cookie})
        self._response = self._connection.getresponse()
        assert self._response.status == 200
        assert self._response.getheader("content-type", "").startswith("text/event-stream")
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        for line in iter(self._response.readline, b""):
            if line.startswith(b"data:"):
                self.heard.append(json.loads(line[5:]))

    def until(self, word: str) -> list[str]:
        """Everything heard, as soon as something holds this word."""
        return patience.until(lambda: [json.dumps(one) for one in self.heard], lambda said: any(word in one for one in said), pause=0.05)


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    environment = {"PATH": os.environ["PATH"], "LISTBACKUP_ALLOW_LOOPBACK": "1", "LISTBACKUP_REGISTRATION": "open"}
    with serve(Options(records=200)) as crm, serving(tmp_path_factory.mktemp("home"), environment=environment) as server:
        yield Place(server, crm)


@pytest.mark.timeout(600)
def test_abuse_14_a_new_user_backs_up_compares_restores_and_shares_and_no_secret_is_left_behind(place: Place) -> None:
    ada, recovery = come_in(place)
    (home,) = (one["account"]["id"] for one in ada.ok("GET", "/users/me/accounts")["items"])
    source = connect(place, ada)

    listening = Listening(ada)
    first = back_up(ada, source)
    said = listening.until("run:succeeded")
    assert any("run:started" in one for one in said), said

    key = look(place, ada, first)
    pass_a_day(place, ada, source, first, key)
    give_back(place, ada, recovery[0], first, key)

    client = ada.ok("POST", f"/accounts/{home}/sub-accounts", {"name": "A client"})["id"]
    bob = invite(place, ada, client)
    assert [one["account"]["id"] for one in bob.ok("GET", "/users/me/accounts")["items"]] == [client]
    assert bob.ok("GET", "/sources")["items"] == []
    assert bob.refused("POST", "/source-groups", {"name": "mine", "sources": []}) == (403, "not_allowed"), "a viewer looks"
    for path in (f"/sources/{source}", f"/snapshots/{first}", f"/accounts/{home}", f"/runs?source={source}"):
        assert bob.refused("GET", path) == (404, "not_found"), f"what is above is absent: {path}"
    assert bob.refused("POST", "/accounts/switch", {"account": home}) == (404, "not_found")

    ada.ok("POST", "/accounts/switch", {"account": client})
    assert ada.ok("GET", "/sources")["items"] == []
    assert ada.refused("GET", f"/sources/{source}") == (404, "not_found"), "one account at a time"
    ada.ok("POST", "/accounts/switch", {"account": home})
    assert [one["id"] for one in ada.ok("GET", "/sources")["items"]] == [source]
    told = {one["action"] for one in ada.ok("GET", "/activity?limit=500")["items"]}
    assert {"account:connection:created", "account:run:succeeded", "account:restore:undone"} <= told

    for browser in (ada, bob):
        cookies = dict(browser.cookies)
        place.seen.extend(cookies.values())
        browser.ok("POST", "/auth/logout")
        assert Browser(browser.port, cookies=cookies).refused("GET", "/sources") == (401, "not_signed_in"), (
            "a cookie that was kept is worth nothing"
        )
    assert Client(place.server.port).ask("GET", "/sources").status == 401
    secrets = [PASSWORD, place.crm.sign_in.client_secret, *recovery, *place.seen]
    kept = {path: path.read_bytes() for path in place.server.home.rglob("*") if path.is_file() and path.suffix != ".eml"}
    assert any("log" in path.name for path in kept)
    assert len(secrets) >= 15
    assert [(path.name, secret) for path, content in kept.items() for secret in secrets if secret.encode() in content] == []

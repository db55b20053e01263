"""A certified authorization server by others: agreed to over HTTP, used, rotated, its reuse guard tripped, repaired, revoked."""

from __future__ import annotations

import json
import re
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError

import pytest

from listbackup.base.clock import SystemClock
from listbackup.connectors.rest.connector import RestConnector
from listbackup.http.permission import Bundle
from listbackup.services.connections import Vault
from listbackup.services.platforms import Platforms
from listbackup.testing.http import Client, MemoryHouse, served
from listbackup.testing.system import MemoryKeys, rooms

pytestmark = pytest.mark.real

DEFINITION = """
platform: members
label: Members
base_url: "{url}"
config:
  - {name: url}
  - {name: client_id}
  - {name: client_secret, secret: true}
auth:
  kind: oauth2
  authorize_url: /auth
  token_url: /token
  revoke_url: /token/revocation
  issuer: /
  scope: openid offline_access
  authorize_params: {prompt: consent}
site: {path: /me, name: sub, account: sub}
streams:
  - {name: me, path: /me, single: true, key: [sub]}
"""


@dataclass(frozen=True)
class World:
    said: dict[str, str]
    house: MemoryHouse
    client: Client

    def begin(self, reconnect: str | None = None) -> str:
        """Where to send the person."""
        values = {"definition": DEFINITION, "url": self.said["url"], "client_id": self.said["client_id"]}
        body = {"name": None if reconnect else "members", "values": values, "secrets": {"client_secret": self.said["client_secret"]}}
        url = self.client.post("/connections/oauth/rest/start" + (f"?reconnect={reconnect}" if reconnect else ""), body)["url"]
        return str(url)

    def connect(self, reconnect: str | None = None) -> dict[str, Any]:
        """A person agrees; the connection."""
        back = agree(self.begin(reconnect))
        found: dict[str, Any] = self.client.get(f"/oauth/callback?{urllib.parse.urlsplit(back).query}")
        return found

    def tokens(self) -> dict[str, str]:
        vault = Vault(self.house.rooms.desk, MemoryKeys())
        found = self.house.connections.get(self.house.rooms.scope, "members")
        return {name: secret.reveal() for name, secret in vault.read(self.house.rooms.scope, found.id).secrets.items()}

    def ask_token(self, **form: str) -> tuple[int, dict[str, Any]]:
        """The token endpoint, asked by somebody who has our client's secret."""
        body = {"client_id": self.said["client_id"], "client_secret": self.said["client_secret"], **form}
        try:
            with urllib.request.urlopen(f"{self.said['url']}/token", urllib.parse.urlencode(body).encode()) as answer:
                return answer.status, json.loads(answer.read())
        except HTTPError as error:
            return error.code, json.loads(error.read())


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def agree(url: str) -> str:
    """Signs in and agrees on the provider's own pages; the address that they lead back to."""
    browser = urllib.request.build_opener(_Stay, urllib.request.HTTPCookieProcessor(CookieJar()))
    base = "{0.scheme}://{0.netloc}".format(urllib.parse.urlsplit(url))

    def visit(address: str, form: dict[str, str] | None = None) -> str:
        """The page's text, or the way back."""
        for _ in range(10):
            try:
                with browser.open(address, urllib.parse.urlencode(form).encode() if form else None) as page:
                    return str(page.read().decode())
            except HTTPError as error:
                address, form = urllib.parse.urljoin(base, error.headers["Location"]), None
                if not address.startswith(base):
                    return address
        raise AssertionError("the pages lead in a circle")

    page = visit(url)
    for _ in range(3):
        if "action=" not in page:
            break
        action, prompt = re.search(r'action="([^"]+)"', page), re.search(r'name="prompt" value="(\w+)"', page)
        assert action is not None
        assert prompt is not None
        page = visit(urllib.parse.urljoin(base, action[1]), {"prompt": prompt[1], "login": "ada", "password": "x"})
    return page


@pytest.fixture
def world(start_application: Callable[[str], dict[str, str]]) -> Iterator[World]:
    said = start_application("oidc_provider")
    house = MemoryHouse(rooms([RestConnector()], clock=SystemClock()), Platforms([RestConnector()]))
    key = house.key(house.rooms.scope.account, *Bundle)
    with served(house) as port:
        yield World(said, house, Client(port, key))


def test_a_certified_provider_lets_us_in_rotates_and_repairs(world: World) -> None:
    made = world.connect()
    assert (made["state"], made["method"], made["site_name"], made["name"]) == ("ready", "oauth", "ada", "members")
    first = world.tokens()

    # every access token lives two seconds: each later test renews, and each renewal rotates
    refreshes = {first["refresh_token"]}
    for _ in range(2):
        time.sleep(2.1)
        assert world.client.post(f"/connections/{made['id']}/test")["state"] == "ready"
        refreshes.add(world.tokens()["refresh_token"])
    assert len(refreshes) == 3

    # somebody uses a token that was used up: the provider ends the grant, and ours with it; a person is asked, once
    status, told = world.ask_token(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert (status, told["error"]) == (400, "invalid_grant")
    time.sleep(2.1)
    for _ in range(2):
        said = world.client.ask("POST", f"/connections/{made['id']}/test")
        assert (said.status, said.json["code"]) == (409, "needs_reauth")
    assert world.client.get(f"/connections/{made['id']}")["state"] == "needs_reauth"

    repaired = world.connect(reconnect=made["id"])
    assert (repaired["id"], repaired["state"]) == (made["id"], "ready")
    kept = world.tokens()["refresh_token"]
    assert world.client.ask("DELETE", f"/connections/{made['id']}").status == 204
    assert world.ask_token(grant_type="refresh_token", refresh_token=kept)[0] == 400


def test_a_code_without_its_verifier_is_refused_there_and_the_state_is_good_once(world: World) -> None:
    back = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(agree(world.begin())).query))
    assert back["iss"] == world.said["url"]
    form = {"grant_type": "authorization_code", "code": back["code"], "redirect_uri": world.said["redirect"]}
    assert world.ask_token(**form)[1]["error"] == "invalid_grant"

    again = urllib.parse.urlsplit(agree(world.begin())).query
    assert world.client.ask("GET", f"/oauth/callback?{again}").status == 200
    said = world.client.ask("GET", f"/oauth/callback?{again}")
    assert (said.status, said.json["code"]) == (400, "way_back_broken")

"""Connecting over HTTP, as browsers and programs do it: abuse 6 of TRUST.md at the door, and words from outside."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from listbackup.base.clock import SystemClock
from listbackup.connectors.demo_crm.connector import api
from listbackup.connectors.engine.session import FactsConnector
from listbackup.connectors.rest.connector import RestConnector
from listbackup.http.permission import Bundle, Permission
from listbackup.services.hooks.signing import sign
from listbackup.services.platforms import Platforms
from listbackup.testing.http import Client, MemoryHouse, served
from listbackup.testing.saas import Options, Saas, serve
from listbackup.testing.system import rooms
from listbackup.testing.visitor import Browser, register

BACK = "http://127.0.0.1:8400/v2/oauth/callback"


@dataclass(frozen=True)
class World:
    house: MemoryHouse
    port: int
    crm: Saas

    @property
    def program(self) -> Client:
        """A program of the installation's first account."""
        return Client(self.port, self.house.key(self.house.rooms.scope.account, *Bundle))

    def application(self, of: Client | Browser) -> None:
        told = {"client_id": "demo-app", "client_secret": self.crm.sign_in.client_secret}
        said = of.ask("PUT", "/integrations/demo-crm", told)
        assert said.status == 200, said.raw
        assert self.crm.sign_in.client_secret.encode() not in said.raw

    def begin(self, of: Client | Browser, headers: dict[str, str] | None = None) -> str:
        said = of.ask("POST", "/connections/oauth/demo-crm/start", {"values": {"url": self.crm.base_url}}, headers)
        assert said.status == 200, said.raw
        return str(said.json["url"])

    def agree(self, url: str) -> str:
        """The way back below /v2, as the platform sends it."""
        at = urlsplit(url)
        connection = http.client.HTTPConnection(at.hostname or "", at.port, timeout=10)
        connection.request("GET", f"{at.path}?{at.query}")
        location = connection.getresponse().getheader("Location") or ""
        connection.close()
        assert location.startswith(f"{BACK}?")
        return location.removeprefix("http://127.0.0.1:8400/v2")


@pytest.fixture
def world() -> Iterator[World]:
    connectors = [FactsConnector(api=api())]
    with serve(Options(records=30)) as crm:
        crm.sign_in.agree, crm.sign_in.redirects = True, {BACK}
        house = MemoryHouse(rooms(connectors, clock=SystemClock()), Platforms(connectors))
        with served(house) as port:
            yield World(house, port, crm)


def test_a_person_connects_in_a_browser_and_is_led_back_to_the_app(world: World) -> None:
    browser = register(world.house, world.port)
    world.application(browser)
    back = world.agree(world.begin(browser))
    said = browser.ask("GET", back)
    assert said.status == 303, said.raw
    where = urlsplit(said.headers["location"])
    assert (where.netloc, where.path) == ("", "/connections")
    found = browser.ok("GET", f"/connections/{parse_qs(where.query)['connected'][0]}")
    assert (found["state"], found["method"], found["secret_names"]) == (
        "ready",
        "oauth",
        ["access_expires_at", "access_token", "refresh_token"],
    )
    again = browser.ask("GET", back)
    assert (again.status, again.json["code"]) == (400, "way_back_broken")


def test_a_no_leads_back_to_the_app_with_a_code_and_nothing_else(world: World) -> None:
    browser = register(world.house, world.port)
    world.application(browser)
    world.crm.sign_in.agree = False
    said = browser.ask("GET", world.agree(world.begin(browser)))
    assert (said.status, said.headers["location"]) == (303, "/connections?failed=access_denied")


def test_a_program_connects_and_gets_the_connection(world: World) -> None:
    program = world.program
    world.application(program)
    made = program.get(world.agree(world.begin(program)))
    assert made["site_name"] == "Demo CRM"
    assert program.post(f"/connections/{made['id']}/test")["state"] == "ready"
    repaired = program.ask("POST", f"/connections/oauth/demo-crm/start?reconnect={made['id']}", {})
    assert repaired.status == 200, repaired.raw
    assert program.get(world.agree(repaired.json["url"]))["id"] == made["id"]
    assert program.ask("DELETE", f"/connections/{made['id']}").status == 204
    assert world.crm.sign_in.living_grants() == 1  # that of the agreement before the repair: its tokens were gone already


def test_an_applications_secret_is_shown_to_no_site_that_its_managers_did_not_choose(world: World) -> None:
    house, rooms_ = world.house, world.house.rooms
    above = world.program
    world.application(above)
    below = house.accounts.create("client", parent=rooms_.scope.account, actor="test")
    mine = Client(world.port, house.key(below.id, *Bundle))  # owns the account below, and has no say about the application above
    asked = {"values": {"url": world.crm.base_url}}
    assert mine.ask("POST", "/connections/oauth/demo-crm/start", asked).json["code"] == "not_allowed"
    few = Client(world.port, house.key(rooms_.scope.account, Permission.CONNECTIONS_MANAGE, Permission.CONNECTIONS_READ))
    assert few.ask("POST", "/connections/oauth/demo-crm/start", asked).json["code"] == "not_allowed"
    made = above.get(world.agree(world.begin(above)))
    repair = f"/connections/oauth/demo-crm/start?reconnect={made['id']}"
    assert few.ask("POST", repair, {}).status == 200, "where an agreement is repaired the site is known"
    assert few.ask("POST", repair, {"values": {"url": world.crm.base_url + "/elsewhere"}}).json["code"] == "not_allowed"
    world.application(mine)
    assert mine.ask("POST", "/connections/oauth/demo-crm/start", asked).status == 200


def test_abuse_6_who_did_not_begin_cannot_end(world: World) -> None:
    ada, bob, program = register(world.house, world.port), register(world.house, world.port, "bob@example.com"), world.program
    world.application(ada)
    back = world.agree(world.begin(ada))
    for other in (bob, program, Browser(world.port), Client(world.port)):
        said = other.ask("GET", back)
        assert said.status in (400, 401), said.raw
        assert said.json["code"] in ("way_back_broken", "not_signed_in")
    assert ada.ask("GET", back).status == 303


@pytest.mark.parametrize("query", ["", "?state=x&code=y", "?code=y", "?state=&code=", "?error=access_denied"])
def test_abuse_6_a_way_back_that_nobody_began_is_a_400(world: World, query: str) -> None:
    for path in ("/oauth/callback", "/oauth/callback/demo-crm"):
        said = world.program.ask("GET", path + query)
        assert (said.status, said.json["code"]) == (400, "way_back_broken"), said.raw


def test_abuse_6_a_forged_host_is_refused_and_decides_nothing(world: World) -> None:
    program = world.program
    world.application(program)
    body = {"values": {"url": world.crm.base_url}}
    said = program.ask("POST", "/connections/oauth/demo-crm/start", body, {"host": "evil.example"})
    assert (said.status, said.json["code"]) == (421, "wrong_host")
    forged = {"x-forwarded-host": "evil.example", "x-forwarded-proto": "https", "forwarded": "host=evil.example"}
    assert parse_qs(urlsplit(world.begin(program, forged)).query)["redirect_uri"] == [BACK]


def test_integrations_are_read_changed_by_version_and_given_up(world: World) -> None:
    program = world.program
    listed = program.get("/integrations")["items"]
    assert [(one["platform"], one["available"], one["methods"]) for one in listed] == [("demo-crm", True, ["key", "oauth"])]
    first = program.ask("PUT", "/integrations/demo-crm", {"client_id": "demo-app", "client_secret": "x"}, {"if-match": '"0"'})
    assert (first.status, first.headers["etag"]) == (200, '"1"')
    assert program.ask("PUT", "/integrations/demo-crm", {"enabled": False}, {"if-match": '"0"'}).status == 412
    assert program.ask("PUT", "/integrations/demo-crm", {"client_id": "a b"}).status == 422
    assert program.ask("GET", "/integrations/nothing").status == 404
    assert program.ask("DELETE", "/integrations/demo-crm").status == 204
    assert program.ask("DELETE", "/integrations/demo-crm").status == 404


def test_platforms_tell_what_they_ask_for_and_what_can_be_restored(world: World) -> None:
    found = world.program.get("/platforms/demo-crm")
    assert {field["name"]: field["secret"] for field in found["config"]} == {"url": False, "token": True}
    assert all(field["help"] for field in found["config"])
    contacts = next(one for one in found["streams"] if one["name"] == "contacts")
    assert contacts["restore"] | {"side_effects": []} == {
        "create": True,
        "update": True,
        "delete": True,
        "keeps_id": False,
        "knows_repetitions": True,
        "files": False,
        "side_effects": [],
    }


def test_a_signed_word_from_outside_needs_no_key_and_a_bad_one_looks_like_nobody(world: World) -> None:
    program = world.program
    body = {"platform": "demo-crm", "name": "shop", "values": {"url": world.crm.base_url}, "secrets": {"token": world.crm.token}}
    made = program.post("/connections", body)
    program.post("/sources", {"connection": made["id"], "name": "all"})
    hook = program.post(f"/connections/{made['id']}/hook")
    word, now = b'{"changed": true}', int(time.time())
    outside, signed = Client(world.port), {"x-listbackup-signature": sign(hook["secret"], now, word)}
    assert outside.ask("POST", f"/hooks/{made['id']}", word, signed).status == 202
    assert program.get(f"/connections/{made['id']}/hook")["due_at"] is not None
    told = [
        outside.ask("POST", f"/hooks/{made['id']}", word),
        outside.ask("POST", f"/hooks/{made['id']}", b"other", signed),
        outside.ask("POST", "/hooks/con_00000000000000000000000000", word, signed),
    ]
    assert {said.status for said in told} == {404}
    assert len({said.raw.replace(said.json["request_id"].encode(), b"") for said in told}) == 1
    assert program.ask("DELETE", f"/connections/{made['id']}/hook").status == 204
    assert outside.ask("POST", f"/hooks/{made['id']}", word, signed).status == 404


def test_what_sources_use_goes_only_by_force(world: World) -> None:
    program = world.program
    body = {"platform": "demo-crm", "name": "shop", "values": {"url": world.crm.base_url}, "secrets": {"token": world.crm.token}}
    made = program.post("/connections", body)
    program.post("/sources", {"connection": made["id"], "name": "all"})
    assert program.ask("DELETE", f"/connections/{made['id']}").status == 409
    assert program.ask("DELETE", f"/connections/{made['id']}?force=true").status == 204


JUNK = (
    "",
    " ",
    "\x00",
    "é",
    "x" * 5000,
    "{",
    "{url}",
    "http://",
    "https://[::1",
    "//x",
    "javascript:1",
    "%00",
    "a: [",
    "&a [*a]",
    "\\ud83e",
    "🦆" * 50,
)
DESCRIBED = (
    'platform: t\nbase_url: "{{url}}"\nconfig: [{{name: url}}]\nstreams: [{{name: a, path: /a}}]\n'
    'auth: {{kind: oauth2, token_url: "{0}", authorize_url: "{1}", client_id: "{1}", scope: "{0}"}}\n'
)


def test_no_junk_at_the_doors_of_connecting_is_our_fault() -> None:
    connectors = [FactsConnector(api=api()), RestConnector()]
    house = MemoryHouse(rooms(connectors, clock=SystemClock()), Platforms(connectors))
    key, seen = house.key(house.rooms.scope.account, *Bundle), set()
    with served(house) as port:
        program = Client(port, key)
        program.ask("PUT", "/integrations/demo-crm", {"client_id": "demo-app"})
        for number, one in enumerate(JUNK):  # another door each time: one that is knocked at too often is shut for a while
            for other in JUNK[::5]:
                described = {"url": "http://127.0.0.1:9", "definition": DESCRIBED.format(one, other)}
                text, more = quote(one, safe=""), quote(other, safe="")
                for said in (
                    program.ask("POST", "/connections/oauth/rest/start", {"values": described}),
                    program.ask("POST", "/connections/oauth/demo-crm/start", {"values": {"url": one}}),
                    program.ask("POST", "/connections/oauth/rest/start", {"values": {"url": other, "definition": one}}),
                    program.ask("GET", f"/oauth/callback?state={text}&code={more}&iss={text}&error={more}"),
                    program.ask("GET", f"/oauth/callback/{text or 'x'}?state={more}"),
                    program.ask("GET", f"/platforms/{text or 'x'}?cursor={more}"),
                    program.ask("PUT", "/integrations/rest", {"client_id": one, "client_secret": other}),
                    program.ask("POST", f"/hooks/con_{number:026d}", one.encode(), {"x-listbackup-signature": more}),
                ):
                    assert said.status < 500, said.raw
                    seen.add(said.status)
    assert seen == {200, 400, 404, 422}

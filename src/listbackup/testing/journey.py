"""The journey of somebody new, step by step, over HTTP alone: the same steps for a server on this machine and for functions behind a gateway.

A step says what it promises by its assertions; what differs between the grounds is a ``Place``.
"""

from __future__ import annotations

import http.client
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from listbackup.testing import patience
from listbackup.testing.identity import PASSWORD
from listbackup.testing.saas import Saas
from listbackup.testing.visitor import Browser

ADA, BOB = "ada@example.com", "bob@example.com"
STREAM = "contacts"


class Place(Protocol):
    """Where the journey goes. ``seen`` gathers every secret that somebody was shown."""

    @property
    def crm(self) -> Saas:
        """The platform that is backed up."""
        ...

    @property
    def seen(self) -> list[str]:
        """What must not be found anywhere afterwards."""
        ...

    def browser(self) -> Browser:
        """Somebody who comes for the first time."""
        ...

    def letter(self, to: str, about: str) -> str:
        """The token of the link in the letter to somebody with this word in its subject."""
        ...

    def code(self, secret: str) -> str:
        """The one-time code of this moment."""
        ...


def agree(place: Place, url: str) -> str:
    """The person clicks "Allow" on the platform's page; where the platform sends the browser back to, below /v2."""
    at = urlsplit(url)
    assert at.netloc == urlsplit(place.crm.base_url).netloc
    assert parse_qs(at.query)["code_challenge_method"] == ["S256"]
    connection = http.client.HTTPConnection(at.hostname or "", at.port, timeout=20)
    connection.request("POST", f"{at.path}?{at.query}", body="decision=allow")
    back = urlsplit(connection.getresponse().getheader("Location") or "")
    connection.close()
    place.seen.extend(parse_qs(back.query)["code"])
    return f"{back.path.removeprefix('/v2')}?{back.query}"


def until(browser: Browser, path: str, state: str) -> Any:
    """What is at this path, once it is in this state."""
    return patience.until(lambda: browser.ok("GET", path), lambda found: found["state"] == state, pause=0.1)


def come_in(place: Place) -> tuple[Browser, list[str]]:
    """Registered, verified, signed in, with one-time codes; the recovery codes too."""
    ada = place.browser()
    ada.ok("POST", "/auth/register", {"email": ADA, "password": PASSWORD, "name": "Ada", "account_name": "Engines"})
    assert ada.refused("POST", "/auth/login", {"email": ADA, "password": PASSWORD, "kind": "browser"}) == (401, "email_not_verified")
    token = place.letter(ADA, "confirm")
    ada.ok("POST", "/auth/verify", {"token": token, "password": PASSWORD})
    assert ada.refused("POST", "/auth/verify", {"token": token})[0] in (400, 401), "a link is good once"
    ada.ok("POST", "/auth/login", {"email": ADA, "password": PASSWORD, "kind": "browser"})
    assert ada.refused("GET", "/api-keys") == (403, "mfa_required"), "nobody administers by password alone"
    place.seen.append(ada.ok("POST", "/auth/mfa/setup")["secret"])
    recovery = ada.ok("POST", "/auth/mfa/verify", {"code": place.code(place.seen[-1])})["recovery_codes"]
    assert ada.ok("GET", "/api-keys")["items"] == []
    ada.ok("POST", "/auth/logout")
    assert ada.refused("GET", "/users/me") == (401, "not_signed_in")
    step = ada.ok("POST", "/auth/login", {"email": ADA, "password": PASSWORD, "kind": "browser"})["second_step"]
    ada.ok("POST", "/auth/login/second-step", {"ticket": step["ticket"], "factor": "recovery_code", "code": recovery[0], "kind": "browser"})
    return ada, recovery[1:]


def connect(place: Place, ada: Browser) -> str:
    """The platform connected by its own sign-in page, and a source made of it."""
    application = {"client_id": "demo-app", "client_secret": place.crm.sign_in.client_secret}
    ada.ok("PUT", "/integrations/demo-crm", application)
    start = {"name": "our CRM", "values": {"url": place.crm.base_url}}
    back = agree(place, ada.ok("POST", "/connections/oauth/demo-crm/start", start)["url"])
    said = ada.ask("GET", back)
    assert said.status == 303, said.raw
    (connection,) = parse_qs(urlsplit(said.headers["location"]).query)["connected"]
    assert ada.ok("GET", f"/connections/{connection}")["state"] == "ready"
    assert ada.refused("GET", back) == (400, "way_back_broken"), "the way back is good once"
    return str(ada.ok("POST", "/sources", {"connection": connection, "name": "our CRM"})["id"])


def back_up(ada: Browser, source: str) -> str:
    """The snapshot of a run of now."""
    run = ada.ok("POST", f"/sources/{source}/sync", {"full": True})
    return str(until(ada, f"/runs/{run['id']}", "succeeded")["snapshot"])


def look(place: Place, ada: Browser, snapshot: str) -> str:
    """Every record of the platform is there, byte for byte; the key of one of them."""
    truth = place.crm.world.truth(STREAM)
    shown = ada.ok("GET", f"/snapshots/{snapshot}/streams/{STREAM}/records?limit=500")["items"]
    assert {one["key"] for one in shown} == {str(key[0]) for key in truth}
    key = str(shown[0]["key"])
    kept = ada.ask("GET", f"/snapshots/{snapshot}/streams/{STREAM}/records/{key}").raw
    assert next(raw for own, raw in truth.items() if str(own[0]) == key) in kept
    return key


def pass_a_day(place: Place, ada: Browser, source: str, first: str, key: str) -> str:
    """This record goes, others come and change; the snapshot of a run after it differs by just that."""
    row = place.crm.world.row_of(STREAM, key)
    assert row is not None
    place.crm.world.remove(STREAM, row)
    report = place.crm.world.pass_day(changed=0.1, deleted=0.0, added=0.05)
    second = back_up(ada, source)
    counts = ada.ok("GET", f"/diff/counts?from={first}&to={second}")[STREAM]
    assert counts == {"added": report.added[STREAM], "changed": report.changed[STREAM], "removed": 1}
    changes = ada.ok("GET", f"/diff?from={first}&to={second}&stream={STREAM}&limit=500")["items"]
    assert [one["key"] for one in changes if one["kind"] == "removed"] == [key]
    return second


def give_back(place: Place, ada: Browser, recovery: str, first: str, key: str) -> None:
    """A record that was deleted, restored to the platform, and that taken back again."""
    wanted = {"snapshot": first, "keys": {STREAM: [key]}}
    plan = ada.ok("POST", "/restores/plan", wanted)
    assert (plan["writes"], plan["creates"]) == (1, 1)
    ada.ok("POST", "/auth/step-up", {"factor": "recovery_code", "code": recovery})
    count = len(place.crm.world.truth(STREAM))
    restore = ada.ok("POST", "/restores", wanted)
    done = until(ada, f"/restores/{restore['id']}", "done")
    assert (done["result"]["created"], len(place.crm.world.truth(STREAM))) == (1, count + 1)
    (entry,) = ada.ok("GET", f"/restores/{restore['id']}/report")["items"]
    assert (entry["stream"], entry["key"]) == (STREAM, key)
    ada.ok("POST", f"/restores/{restore['id']}/undo")
    assert until(ada, f"/restores/{restore['id']}", "undone")["undo_result"]["deleted"] == 1
    assert len(place.crm.world.truth(STREAM)) == count


def invite(place: Place, ada: Browser, account: str) -> Browser:
    """Somebody else, who was asked by mail to look after one sub-account."""
    ada.ok("POST", f"/accounts/{account}/invitations", {"email": BOB, "role": "viewer"})
    token, bob = place.letter(BOB, "invit"), place.browser()
    other = {"email": "mallory@example.com", "password": PASSWORD, "name": "Mallory", "invitation": token}
    assert bob.ask("POST", "/auth/register", other).status >= 400, "an invitation is for one address"
    bob.ok("POST", "/auth/register", {"email": BOB, "password": PASSWORD, "name": "Bob", "invitation": token})
    bob.ok("POST", "/auth/login", {"email": BOB, "password": PASSWORD, "kind": "browser"})
    bob.ok("POST", "/invitations/accept", {"token": token})
    assert bob.ask("POST", "/invitations/accept", {"token": token}).status >= 400, "and good once"
    return bob

"""The journey of somebody new through a stage of the cloud: the gateway's address, functions, queues, tables and objects of an emulator, deployed by the real command."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pyotp
import pytest

from listbackup.testing import patience
from listbackup.testing.deployment import STAGE, Deployment
from listbackup.testing.http import Client
from listbackup.testing.journey import STREAM, back_up, come_in, connect, give_back, invite, look, pass_a_day, until
from listbackup.testing.saas import Options, Saas, serve
from listbackup.testing.visitor import Browser

pytestmark = [pytest.mark.deployed, pytest.mark.timeout(600)]

STREAMS = ("companies", "contacts", "deals", "documents", "notes", "tags")


@dataclass
class Place:
    """See ``testing.journey.Place``."""

    stage: Deployment
    crm: Saas
    seen: list[str] = field(default_factory=list)

    def browser(self) -> Browser:
        return self.stage.browser()

    def letter(self, to: str, about: str) -> str:
        self.seen.append(self.stage.token(to, about))
        return self.seen[-1]

    def code(self, secret: str) -> str:
        return pyotp.TOTP(secret).now()


@dataclass
class Person:
    """Ada, who owns an account, and what she backs up."""

    place: Place
    browser: Browser
    recovery: list[str]
    source: str
    key: str  # to the API


@pytest.fixture(scope="module")
def ada(stage: Deployment) -> Iterator[Person]:
    with serve(Options(records=200)) as crm:
        crm.sign_in.redirects.add(f"{stage.url}/v2/oauth/callback")
        place = Place(stage, crm)
        browser, recovery = come_in(place)
        source = connect(place, browser)
        browser.ok("POST", "/auth/step-up", {"factor": "recovery_code", "code": recovery.pop()})
        key = browser.ok("POST", "/api-keys", {"name": "tests", "scopes": ["read", "write", "restore"]})["text"]
        yield Person(place, browser, recovery, source, key)


def test_what_was_deployed_answers_to_everybody_and_tells_strangers_nothing(stage: Deployment) -> None:
    nobody = stage.browser()
    assert nobody.ok("GET", "/system/health/live") == {"status": "live"}
    assert nobody.refused("GET", "/sources") == (401, "not_signed_in")
    assert nobody.ask("GET", "/nothing").status == 404


def test_a_new_user_backs_up_browses_compares_restores_and_shares(ada: Person) -> None:
    place, browser, source = ada.place, ada.browser, ada.source
    first = back_up(browser, source)
    key = look(place, browser, first)
    pass_a_day(place, browser, source, first, key)
    give_back(place, browser, ada.recovery.pop(), first, key)
    (home,) = (one["account"]["id"] for one in browser.ok("GET", "/users/me/accounts")["items"])
    client = browser.ok("POST", f"/accounts/{home}/sub-accounts", {"name": "A client"})["id"]
    bob = invite(place, browser, client)
    assert [one["account"]["id"] for one in bob.ok("GET", "/users/me/accounts")["items"]] == [client]
    assert bob.refused("GET", f"/sources/{source}") == (404, "not_found"), "what is above is absent"
    told = {"account:connection:created", "account:run:succeeded", "account:restore:undone"}
    patience.until(lambda: {one["action"] for one in browser.ok("GET", "/activity?limit=500")["items"]}, told.issubset, pause=1)

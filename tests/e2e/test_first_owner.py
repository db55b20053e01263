"""The first start of a real ``listbackup serve``: whoever stands at the console becomes the owner, and nobody else does (abuse 20)."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default

import pytest

from listbackup.testing.http import Client
from listbackup.testing.identity import PASSWORD
from listbackup.testing.patience import until
from listbackup.testing.serving import Serving, serving, start
from listbackup.testing.visitor import Browser

ADA = {"email": "ada@example.com", "password": PASSWORD, "name": "Ada"}


ENVIRONMENT = {"PATH": os.environ["PATH"]}


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serving(tmp_path_factory.mktemp("home"), environment=ENVIRONMENT) as started:
        yield started


def test_abuse_20_only_the_codes_holder_becomes_the_owner_and_once(machine: Serving) -> None:
    anybody = Browser(machine.port)
    assert anybody.ok("GET", "/auth/welcome") == {"needs_setup": True, "registration": "invited"}
    for code in ("", "AAAA-AAAA-AAAA-AAAA-AAAA-AAAA", (machine.setup_code or "")[:-1]):
        said = anybody.ask("POST", "/auth/setup", {**ADA, "code": code or "-"})
        assert (said.status, said.json["code"]) == (401, "sign_in_refused")
    assert anybody.refused("POST", "/auth/register", {**ADA, "account_name": "Mine"}) == (403, "not_allowed")
    evil = Browser(machine.port, origin="https://evil.example")
    assert evil.refused("POST", "/auth/setup", {**ADA, "code": machine.setup_code}) == (403, "wrong_origin")
    rebound = anybody.ask("POST", "/auth/setup", {**ADA, "code": machine.setup_code}, {"host": "evil.example"})
    assert (rebound.status, rebound.json["code"]) == (421, "wrong_host")

    made = anybody.ask("POST", "/auth/setup", {**ADA, "code": (machine.setup_code or "").lower()})
    assert made.status == 201, made.raw
    assert anybody.ok("GET", "/auth/welcome")["needs_setup"] is False
    again = anybody.ask("POST", "/auth/setup", {**ADA, "email": "eve@example.com", "code": machine.setup_code})
    assert (again.status, again.json["code"]) == (401, "sign_in_refused")

    anybody.ok("POST", "/auth/login", {"email": ADA["email"], "password": PASSWORD, "kind": "browser"})
    assert anybody.ok("GET", "/users/me")["name"] == "Ada"
    assert anybody.ok("GET", "/sources")["items"] == []


def test_letters_go_to_the_outbox_and_the_next_start_shows_no_code(machine: Serving) -> None:
    assert Client(machine.port).ask("POST", "/auth/password/forgot", {"email": ADA["email"]}).status == 204
    (letter,) = until(lambda: list((machine.data / "mail").glob("*.eml")))
    assert letter.stat().st_mode & 0o777 == 0o600
    text = message_from_bytes(letter.read_bytes(), policy=default).get_content()
    token = re.findall(r"#token=(\S+)", text)[0]
    answer = Client(machine.port).ask("POST", "/auth/password/reset", {"token": token, "password": "seven brass kettles on a shelf"})
    assert answer.status == 204
    with serving(machine.home, environment=ENVIRONMENT) as again:  # a second server over the same data folder
        assert Client(again.port).get("/auth/welcome")["needs_setup"] is False
    assert again.setup_code is None


@pytest.mark.parametrize("wait_seconds", [0, 0.02, 0.1])
def test_whoever_is_told_to_stop_as_soon_as_it_says_where_it_is_stops(machine: Serving, wait_seconds: float) -> None:
    started = start(machine.home, environment=ENVIRONMENT)
    time.sleep(wait_seconds)  # before, while and after the server under the application takes over the signals
    assert started.stop() == 0

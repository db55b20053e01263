"""The first start of a real ``listbackup serve``: whoever stands at the console becomes the owner, and nobody else does (abuse 20)."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from listbackup.testing.http import Client
from listbackup.testing.identity import PASSWORD
from listbackup.testing.visitor import Browser

ADA = {"email": "ada@example.com", "password": PASSWORD, "name": "Ada"}


@dataclass(frozen=True)
class Started:
    home: Path
    port: int
    code: str | None


def start(home: Path) -> tuple[subprocess.Popen[bytes], Started]:
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    program = [sys.executable, "-c", "from listbackup.cli.main import main; main()", "serve", "--port", "0", "--json"]
    process = subprocess.Popen(program, env=environment, stdout=subprocess.PIPE)
    assert process.stdout is not None
    said = {}
    while "url" not in said:
        said |= json.loads(process.stdout.readline())
    return process, Started(home, int(re.findall(r":(\d+)/", said["url"])[0]), said.get("setup_code"))


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    home = tmp_path_factory.mktemp("home")
    process, started = start(home)
    try:
        yield started
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def test_only_the_codes_holder_becomes_the_owner_and_once(machine: Started) -> None:
    anybody = Browser(machine.port)
    assert anybody.ok("GET", "/auth/welcome") == {"needs_setup": True, "registration": "invited"}
    for code in ("", "AAAA-AAAA-AAAA-AAAA-AAAA-AAAA", (machine.code or "")[:-1]):
        said = anybody.ask("POST", "/auth/setup", {**ADA, "code": code or "-"})
        assert (said.status, said.json["code"]) == (401, "sign_in_refused")
    assert anybody.refused("POST", "/auth/register", {**ADA, "account_name": "Mine"}) == (403, "not_allowed")
    evil = Browser(machine.port, origin="https://evil.example")
    assert evil.refused("POST", "/auth/setup", {**ADA, "code": machine.code}) == (403, "wrong_origin")
    rebound = anybody.ask("POST", "/auth/setup", {**ADA, "code": machine.code}, {"host": "evil.example"})
    assert (rebound.status, rebound.json["code"]) == (421, "wrong_host")

    made = anybody.ask("POST", "/auth/setup", {**ADA, "code": (machine.code or "").lower()})
    assert made.status == 201, made.raw
    assert anybody.ok("GET", "/auth/welcome")["needs_setup"] is False
    again = anybody.ask("POST", "/auth/setup", {**ADA, "email": "eve@example.com", "code": machine.code})
    assert (again.status, again.json["code"]) == (401, "sign_in_refused")

    anybody.ok("POST", "/auth/login", {"email": ADA["email"], "password": PASSWORD, "kind": "browser"})
    assert anybody.ok("GET", "/users/me")["name"] == "Ada"
    assert anybody.ok("GET", "/sources")["items"] == []


def test_letters_go_to_the_outbox_and_the_next_start_shows_no_code(machine: Started) -> None:
    assert Client(machine.port).ask("POST", "/auth/password/forgot", {"email": ADA["email"]}).status == 204
    folder, until = machine.home / ".local" / "share" / "listbackup" / "mail", time.monotonic() + 20
    while not list(folder.glob("*.eml")) and time.monotonic() < until:
        time.sleep(0.1)
    (letter,) = folder.glob("*.eml")
    assert letter.stat().st_mode & 0o777 == 0o600
    text = message_from_bytes(letter.read_bytes(), policy=default).get_content()
    token = re.findall(r"#token=(\S+)", text)[0]
    answer = Client(machine.port).ask("POST", "/auth/password/reset", {"token": token, "password": "seven brass kettles on a shelf"})
    assert answer.status == 204
    process, again = start(machine.home)  # a second server over the same data folder
    try:
        assert Client(again.port).get("/auth/welcome")["needs_setup"] is False
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    assert again.code is None

"""People at the command line: signing in at a server, their accounts, whom they invite."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from dataclasses import dataclass

import pyotp
import pytest

from listbackup.client import Client
from listbackup.client.api.models import SessionKind

from .conftest import CommandLine, Said

EMAIL, PASSWORD = "ada@example.org", "a lamp behind seven hills"


@dataclass(frozen=True)
class Place:
    """A server with an owner, and the owner's own machine."""

    owner: CommandLine
    url: str
    codes: list[str]  # of recovery, each good once

    def login(self) -> Said:
        """The owner signs in with both steps."""
        arguments = ("login", "--email", EMAIL, "--password-file", "-", "--code", self.codes.pop())
        return self.owner.ok(*arguments, stdin=PASSWORD + "\n")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A served installation that somebody owns."""
    behind, owner = CommandLine(tmp_path_factory.mktemp("behind")), CommandLine(tmp_path_factory.mktemp("owner"))
    child = behind.spawn("serve", "--port", "0", "--json")
    assert child.stdout is not None
    said: dict[str, str] = {}
    while "url" not in said:
        said |= json.loads(child.stdout.readline())
    url = said["url"].removesuffix("/v2")
    with Client(url) as lb:
        lb.auth.setup(code=said["setup_code"], email=EMAIL, password=PASSWORD, name="Ada")
        tokens = lb.auth.login(email=EMAIL, password=PASSWORD, kind=SessionKind.PROGRAM).tokens
    assert tokens is not None
    with Client(url, tokens.access_token) as lb:
        seed = lb.auth.mfa_setup().secret
        codes = list(lb.auth.mfa_verify(code=pyotp.TOTP(seed).now()).recovery_codes)
    owner.environment["LISTBACKUP_SERVER"] = url
    try:
        yield Place(owner, url, codes)
    finally:
        child.send_signal(signal.SIGTERM)
        assert child.wait(timeout=30) == 0


def test_a_person_signs_in_works_and_signs_out(place: Place) -> None:
    owner = place.owner
    assert owner("login", "--email", EMAIL, "--password-file", "-", stdin="wrong wrong wrong wrong").code == 4
    alone = owner("login", "--email", EMAIL, "--password-file", "-", stdin=PASSWORD)  # nobody can be asked for the second step
    assert (alone.code, "--code" in alone.err) == (2, True)
    place.login()
    assert PASSWORD not in (owner.home / ".config" / "listbackup" / "logins.json").read_text()
    [account] = owner.ok("account", "list", "--json").json["accounts"]
    assert account["current"]
    [member] = owner.ok("member", "list", "--json").json["members"]
    assert (member["email"], member["role"]) == (EMAIL, "owner")
    assert owner.ok("source", "list", "--json").json == {"sources": []}

    made = owner.ok("account", "create", "Berlin", "--under", account["name"], "--json").json["account"]
    assert made["parent"] == account["id"]
    owner.ok("account", "switch", "Berlin")
    assert [one["name"] for one in owner.ok("account", "list", "--json").json["accounts"] if one["current"]] == ["Berlin"]
    owner.ok("account", "switch", account["id"])

    sent = owner.ok("invite", "send", "bob@example.org", "--role", "operator", "--json").json["invitation"]
    assert (sent["email"], sent["role"], sent["state"]) == ("bob@example.org", "operator", "pending")
    owner.ok("invite", "cancel", "bob@example.org")
    assert owner("invite", "cancel", "bob@example.org").code == 2
    assert owner("account", "switch", "nowhere").code == 2
    assert owner("member", "remove", "nobody@example.org").code == 2
    owner.ok("logout")
    assert owner("account", "list").code == 4


def test_tokens_are_renewed_and_kept_by_whoever_comes_first(place: Place) -> None:
    owner = place.owner
    place.login()
    kept = owner.home / ".config" / "listbackup" / "logins.json"
    login = json.loads(kept.read_text())
    [pair] = login.values()
    before = pair["refresh"]
    pair["access"] = pair["access"][:-4] + "AAAA"  # as if it had ended
    kept.write_text(json.dumps(login))
    children = [owner.spawn("source", "list", "--json") for _ in range(4)]
    assert [child.wait(timeout=60) for child in children] == [0, 0, 0, 0]
    after = json.loads(kept.read_text())[place.url]
    assert after["refresh"] != before
    assert kept.stat().st_mode & 0o777 == 0o600
    owner.ok("source", "list")


def test_people_need_a_server(cli: CommandLine) -> None:
    cli.ok("init")
    for command in (("account", "list"), ("member", "list"), ("invite", "list"), ("login",), ("logout",)):
        said = cli(*command)
        assert said.code == 2
        assert "--server" in said.err

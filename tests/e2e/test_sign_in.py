"""Signing in over HTTP, from the registration to the last logout, as browsers and programs do it."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from listbackup.backends.identity.totp import code_of, step_of
from listbackup.services.platforms import Platforms
from listbackup.testing.authenticator import SoftAuthenticator
from listbackup.testing.clock import ManualClock
from listbackup.testing.http import Client, MemoryHouse, served
from listbackup.testing.identity import PASSWORD
from listbackup.testing.system import rooms
from listbackup.testing.visitor import Browser, beside, grow, register

ADA, OTHER = "ada@example.com", "seven brass kettles on a shelf"


@dataclass(frozen=True)
class World:
    house: MemoryHouse
    port: int
    clock: ManualClock

    @property
    def browser(self) -> Browser:
        return Browser(self.port)

    def tokens(self, email: str = ADA) -> dict[str, Any]:
        said = Client(self.port).post("/auth/login", {"email": email, "password": PASSWORD})
        found: dict[str, Any] = said["tokens"]
        return found


@pytest.fixture
def world() -> Iterator[World]:
    clock = ManualClock()
    house = MemoryHouse(rooms([], clock=clock), Platforms([]))
    with served(house) as port:
        yield World(house, port, clock)


def test_from_registration_to_logout(world: World) -> None:
    browser = world.browser
    new = {"email": ADA, "password": PASSWORD, "name": "Ada", "account_name": "Engines"}
    assert browser.ask("POST", "/auth/register", new).status == 202
    assert browser.refused("POST", "/auth/login", {"email": ADA, "password": PASSWORD, "kind": "browser"}) == (401, "email_not_verified")
    token = world.house.doors.link(ADA)
    assert browser.ok("POST", "/auth/verify", {"token": token, "password": PASSWORD})["email"] == ADA
    assert browser.refused("POST", "/auth/verify", {"token": token}) == (401, "sign_in_refused")

    entered = browser.ok("POST", "/auth/login", {"email": ADA, "password": PASSWORD, "kind": "browser"})
    assert (entered["signed_in"], entered["must_set_up_mfa"], entered["tokens"]) == (True, True, None)
    assert browser.ok("GET", "/users/me")["name"] == "Ada"

    setup = browser.ok("POST", "/auth/mfa/setup")
    assert setup["uri"].startswith("otpauth://totp/")
    assert base64.b64decode(setup["qr_png"].partition(",")[2]).startswith(b"\x89PNG")
    assert setup["qr_svg"].startswith("<svg")
    seed = base64.b32decode(setup["secret"])
    codes = browser.ok("POST", "/auth/mfa/verify", {"code": code_of(seed, step_of(world.clock.now()))})["recovery_codes"]
    assert len(set(codes)) == 10
    assert browser.ok("GET", "/auth/mfa") == {"totp": True, "passkeys": 0, "recovery_codes_left": 10}
    world.clock.advance(timedelta(seconds=30))

    program = Client(world.port)
    step = program.post("/auth/login", {"email": ADA, "password": PASSWORD})["second_step"]
    assert step["factors"] == ["totp", "recovery_code"]
    proof = {"ticket": step["ticket"], "factor": "totp", "code": code_of(seed, step_of(world.clock.now()))}
    first = program.post("/auth/login/second-step", proof)["tokens"]
    assert program.ask("POST", "/auth/login/second-step", proof).status == 401  # ticket and code are used
    assert Client(world.port, first["access_token"]).get("/users/me")["email"] == ADA

    second = program.post("/auth/refresh", {"refresh_token": first["refresh_token"]})
    world.clock.advance(timedelta(seconds=11))
    again = program.ask("POST", "/auth/refresh", {"refresh_token": first["refresh_token"]})
    assert (again.status, again.json["code"]) == (401, "sign_in_refused")  # an old one again: somebody has a copy
    assert Client(world.port, second["access_token"]).ask("GET", "/users/me").status == 401
    assert program.ask("POST", "/auth/refresh", {"refresh_token": second["refresh_token"]}).status == 401

    assert browser.ask("POST", "/auth/logout").status == 204
    assert browser.cookies == {}
    assert browser.refused("GET", "/users/me") == (401, "not_signed_in")


def test_a_new_person_owns_the_account_they_asked_for(world: World) -> None:
    browser = register(world.house, world.port, account="Engines")
    user = browser.ok("GET", "/users/me")["id"]
    home = world.house.accounts.members.home(user)
    assert home is not None
    assert world.house.accounts.get(home).name == "Engines"
    assert browser.ok("GET", f"/accounts/{home}")["name"] == "Engines"


def test_who_owns_an_account_is_signed_in_for_twelve_hours_and_others_for_a_day(world: World) -> None:
    owner = register(world.house, world.port)
    world.house.auth.create_verified("eve@example.com", PASSWORD, by="test")
    other = world.browser
    other.ok("POST", "/auth/login", {"email": "eve@example.com", "password": PASSWORD, "kind": "browser"})
    for browser, hours in ((owner, 12), (other, 24)):
        (one,) = browser.ok("GET", "/auth/sessions")["items"]
        assert datetime.fromisoformat(one["expires_at"]) - datetime.fromisoformat(one["created_at"]) == timedelta(hours=hours)
    assert other.refused("GET", "/sources") == (403, "not_allowed")  # who belongs nowhere


def test_the_cookie_is_out_of_the_reach_of_scripts_and_other_sites(world: World) -> None:
    register(world.house, world.port)
    said = Client(world.port).ask("POST", "/auth/login", {"email": ADA, "password": PASSWORD, "kind": "browser"})
    cookie = said.headers["set-cookie"]
    assert re.fullmatch(r"lb=lbs_[0-9a-z]{26}_[\w-]{43}; HttpOnly; Path=/; SameSite=lax", cookie)
    secret = cookie.partition("=")[2].partition(";")[0]
    assert secret not in said.raw.decode()
    told = {"x-forwarded-proto": "https"}
    said = Client(world.port).ask("POST", "/auth/login", {"email": ADA, "password": PASSWORD, "kind": "browser"}, told)
    assert re.fullmatch(r"__Host-lb=lbs_\S{70}; HttpOnly; Path=/; SameSite=lax; Secure", said.headers["set-cookie"])


def test_the_plain_cookie_counts_on_this_machine_only(world: World) -> None:
    browser = register(world.house, world.port)
    assert list(browser.cookies) == ["lb"]
    assert browser.ask("GET", "/users/me", headers={"x-forwarded-proto": "https"}).status == 401
    browser.cookies = {"__Host-lb": browser.cookies["lb"]}
    assert browser.ask("GET", "/users/me", headers={"x-forwarded-proto": "https"}).status == 200


def test_a_cookie_alone_changes_nothing(world: World) -> None:
    browser = register(world.house, world.port)
    other = register(world.house, world.port, "eve@example.com", account="Other")
    change = ("PATCH", "/users/me", {"name": "Eve"})
    for csrf in (None, "", "x", (browser.csrf or "")[:-1], other.csrf):
        assert beside(browser, csrf=csrf).refused(*change) == (403, "wrong_origin")
    for origin in (
        "https://evil.example",
        "null",
        "http://127.0.0.1",
        f"http://localhost:{world.port}",
        f"http://127.0.0.1.evil.example:{world.port}",
    ):
        assert beside(browser, origin=origin).refused(*change) == (403, "wrong_origin"), origin
    assert browser.ok("GET", "/users/me")["name"] == "Ada"
    assert browser.ok(*change)["name"] == "Eve"


def test_a_page_of_another_site_signs_nobody_in(world: World) -> None:
    register(world.house, world.port)
    known = {"email": ADA, "password": PASSWORD, "kind": "browser"}
    assert Browser(world.port, origin="https://evil.example").refused("POST", "/auth/login", known) == (403, "wrong_origin")
    said = Client(world.port).ask("POST", "/auth/login", known, {"sec-fetch-site": "cross-site"})
    assert said.status == 403


def test_a_session_is_another_one_after_each_sign_in_and_step_up(world: World) -> None:
    browser = register(world.house, world.port)
    before, token = dict(browser.cookies), browser.csrf
    planted = beside(browser)  # fixation: whoever planted the old cookie learns nothing of the new session
    browser.ok("POST", "/auth/step-up", {"factor": "password", "password": PASSWORD})
    assert browser.cookies != before
    assert browser.csrf != token
    assert planted.refused("GET", "/users/me") == (401, "not_signed_in")
    assert browser.ok("GET", "/auth/status")["csrf_token"] == browser.csrf


def test_what_is_dangerous_wants_a_proof_of_the_last_ten_minutes(world: World) -> None:
    grown = grow(world.house, world.port)
    browser = grown.browser
    home = world.house.accounts.members.home(grown.user)  # type: ignore[arg-type]
    world.clock.advance(timedelta(minutes=10, seconds=1))
    key = ("POST", "/api-keys", {"name": "x", "scopes": ["read"]})
    assert browser.refused(*key) == (403, "step_up_required")
    assert browser.refused("POST", "/auth/step-up", {"factor": "password", "password": PASSWORD}) == (401, "sign_in_refused")
    assert browser.refused("POST", "/auth/step-up", {"factor": "totp"}) == (422, "invalid")
    browser.ok("POST", "/auth/step-up", {"factor": "totp", "code": grown.code(world.clock)})
    made = browser.ok(*key)
    assert Client(world.port, made["text"]).get(f"/accounts/{home}")["id"] == home


def test_nobody_administers_an_account_by_password_alone(world: World) -> None:
    browser = register(world.house, world.port)
    assert browser.refused("GET", "/api-keys") == (403, "mfa_required")
    assert browser.ask("GET", "/sources").status == 200


def test_sessions_are_listed_and_ended(world: World) -> None:
    browser = register(world.house, world.port)
    world.clock.advance(timedelta(seconds=1))
    tokens = world.tokens()
    shown = browser.ok("GET", "/auth/sessions")["items"]
    assert [(one["kind"], one["current"]) for one in shown] == [("program", False), ("browser", True)]
    assert browser.ok("GET", "/auth/sessions?limit=1")["items"] == shown[:1]
    cursor = browser.ok("GET", "/auth/sessions?limit=1")["next"]
    assert browser.ok("GET", f"/auth/sessions?limit=1&cursor={cursor}") == {"items": shown[1:], "next": None}
    assert browser.ask("DELETE", f"/auth/sessions/{shown[0]['id']}").status == 204
    assert Client(world.port, tokens["access_token"]).ask("GET", "/users/me").status == 401
    assert browser.refused("DELETE", f"/auth/sessions/{shown[0]['id']}") == (404, "not_found")

    others = [world.tokens() for _ in range(3)]
    assert browser.ask("DELETE", "/auth/sessions?keep_current=true").status == 204
    assert {Client(world.port, one["access_token"]).ask("GET", "/users/me").status for one in others} == {401}
    assert len(browser.ok("GET", "/auth/sessions")["items"]) == 1
    assert browser.ask("DELETE", "/auth/sessions").status == 204
    assert browser.cookies == {}


def test_another_persons_session_is_an_absent_one(world: World) -> None:
    browser, other = register(world.house, world.port), register(world.house, world.port, "eve@example.com", account="Other")
    (mine,) = browser.ok("GET", "/auth/sessions")["items"]
    assert other.refused("DELETE", f"/auth/sessions/{mine['id']}") == (404, "not_found")
    assert browser.ask("GET", "/users/me").status == 200


def test_a_password_is_changed_forgotten_and_reset(world: World) -> None:
    browser = register(world.house, world.port)
    tokens = world.tokens()
    assert browser.refused("POST", "/auth/password/change", {"old": PASSWORD, "new": "short"}) == (422, "weak_password")
    assert browser.refused("POST", "/auth/password/change", {"old": OTHER, "new": OTHER}) == (401, "sign_in_refused")
    assert browser.ask("POST", "/auth/password/change", {"old": PASSWORD, "new": OTHER}).status == 204
    assert Client(world.port, tokens["access_token"]).ask("GET", "/users/me").status == 401
    assert browser.ask("GET", "/users/me").status == 200

    anybody = world.browser
    known, unknown = (anybody.ask("POST", "/auth/password/forgot", {"email": email}) for email in (ADA, "nobody@example.com"))
    assert (known.status, known.raw) == (unknown.status, unknown.raw) == (204, b"")
    token = world.house.doors.link(ADA)
    assert anybody.ask("POST", "/auth/password/reset", {"token": token, "password": PASSWORD}).status == 204
    assert anybody.refused("POST", "/auth/password/reset", {"token": token, "password": OTHER}) == (401, "sign_in_refused")
    assert browser.refused("GET", "/users/me") == (401, "not_signed_in")
    assert anybody.refused("POST", "/auth/login", {"email": ADA, "password": OTHER}) == (401, "sign_in_refused")
    assert anybody.ok("POST", "/auth/login", {"email": ADA, "password": PASSWORD})["signed_in"]


def test_a_passkey_is_registered_signs_in_alone_and_is_removed(world: World) -> None:
    browser, device = register(world.house, world.port), SoftAuthenticator()
    options = browser.ok("POST", "/auth/passkeys/register/options")["public_key"]
    made = browser.ok("POST", "/auth/passkeys/register", {"credential": json.loads(device.create(json.dumps(options))), "name": "laptop"})
    assert browser.ok("GET", "/auth/passkeys")["items"] == [made]

    program, answer = Client(world.port), {}
    step = program.post("/auth/login", {"email": ADA, "password": PASSWORD})["second_step"]
    assert "passkey" in step["factors"]  # a password alone is not enough any more
    asked = program.post("/auth/passkeys/options")["public_key"]
    answer = {"credential": json.loads(device.get(json.dumps(asked))), "kind": "browser"}
    entered = Browser(world.port)
    assert entered.ok("POST", "/auth/passkeys/login", answer)["signed_in"]
    assert Browser(world.port).refused("POST", "/auth/passkeys/login", answer) == (401, "sign_in_refused")  # a challenge is good once

    world.clock.advance(timedelta(minutes=11))
    assert entered.refused("DELETE", f"/auth/passkeys/{made['id']}") == (403, "step_up_required")
    asked = program.post("/auth/passkeys/options")["public_key"]
    proof = {"factor": "passkey", "credential": json.loads(device.get(json.dumps(asked)))}
    entered.ok("POST", "/auth/step-up", proof)
    assert entered.ask("DELETE", f"/auth/passkeys/{made['id']}").status == 204
    assert entered.ok("GET", "/auth/passkeys")["items"] == []


def test_one_time_codes_go_with_a_factor_and_recovery_codes_stand_in(world: World) -> None:
    grown = grow(world.house, world.port)
    step = Client(world.port).post("/auth/login", {"email": ADA, "password": PASSWORD})["second_step"]
    by = {"ticket": step["ticket"], "factor": "recovery_code", "code": grown.recovery[0]}
    assert Client(world.port).post("/auth/login/second-step", by)["signed_in"]
    assert grown.browser.ok("GET", "/auth/mfa")["recovery_codes_left"] == 9
    assert len(grown.browser.ok("POST", "/auth/mfa/recovery-codes")["recovery_codes"]) == 10
    assert grown.browser.refused("POST", "/auth/mfa/disable", {"factor": "password", "password": PASSWORD})[0] == 401
    assert grown.browser.ask("POST", "/auth/mfa/disable", {"factor": "totp", "code": grown.code(world.clock)}).status == 204
    assert grown.browser.ok("GET", "/auth/mfa") == {"totp": False, "passkeys": 0, "recovery_codes_left": 0}


def test_an_address_changes_when_both_agree(world: World) -> None:
    browser = register(world.house, world.port)
    assert browser.ask("POST", "/users/me/email", {"email": "countess@example.com"}).status == 202
    old, new = world.house.doors.link(ADA), world.house.doors.link("countess@example.com")
    assert browser.ok("POST", "/users/me/email/confirm", {"token": new}) == {"changed": False}
    assert browser.ok("POST", "/users/me/email/confirm", {"token": old}) == {"changed": True}
    assert browser.refused("GET", "/users/me") == (401, "not_signed_in")
    assert world.tokens("countess@example.com")


def test_profile_and_settings_change_when_nobody_else_was_faster(world: World) -> None:
    browser = register(world.house, world.port)
    said = browser.ask("GET", "/users/me/settings")
    assert said.json == {"theme": "system", "time_zone": "UTC", "locale": "en", "week_starts_on": 1}
    changed = browser.ask("PATCH", "/users/me/settings", {"theme": "dark"}, {"if-match": said.headers["etag"]})
    assert changed.json == {**said.json, "theme": "dark"}
    late = browser.ask("PATCH", "/users/me", {"name": "Eve"}, {"if-match": said.headers["etag"]})
    assert (late.status, late.json["code"]) == (412, "version_gone")
    assert browser.refused("PATCH", "/users/me/settings", {"time_zone": "Mars/Olympus"}) == (422, "invalid")


def test_guesses_wait_longer_and_longer(world: World) -> None:
    register(world.house, world.port)
    for _ in range(5):
        assert world.browser.refused("POST", "/auth/login", {"email": ADA, "password": OTHER}) == (401, "sign_in_refused")
    said = world.browser.ask("POST", "/auth/login", {"email": ADA, "password": PASSWORD})
    assert (said.status, said.json["code"], said.headers["retry-after"]) == (429, "too_many_tries", "2")
    world.clock.advance(timedelta(seconds=2))
    assert world.browser.ok("POST", "/auth/login", {"email": ADA, "password": PASSWORD})["signed_in"]


def test_an_access_token_ends_after_fifteen_minutes_and_a_browser_after_an_idle_hour(world: World) -> None:
    browser = register(world.house, world.port)
    tokens = world.tokens()
    program = Client(world.port, tokens["access_token"])
    world.clock.advance(timedelta(minutes=14))
    assert program.ask("GET", "/users/me").status == 200
    world.clock.advance(timedelta(minutes=1))
    assert program.ask("GET", "/users/me").status == 401
    newer = Client(world.port).post("/auth/refresh", {"refresh_token": tokens["refresh_token"]})
    assert Client(world.port, newer["access_token"]).ask("GET", "/users/me").status == 200
    world.clock.advance(timedelta(minutes=59))
    assert browser.refused("GET", "/users/me") == (401, "not_signed_in")


def test_the_keys_of_access_tokens_are_published_outside_the_version(world: World) -> None:
    found = Client(world.port).ask("GET", "/.well-known/openid-configuration", root=True)
    assert found.json["jwks_uri"].endswith("/.well-known/jwks.json")
    keys = Client(world.port).ask("GET", "/.well-known/jwks.json", root=True)
    assert keys.headers["cache-control"] == "public, max-age=300"
    register(world.house, world.port)
    head = json.loads(base64.urlsafe_b64decode(world.tokens()["access_token"].partition(".")[0] + "=="))
    assert [(key["kid"], key["kty"], key["use"]) for key in keys.json["keys"]] == [(head["kid"], "OKP", "sig")]
    assert "d" not in keys.json["keys"][0]


def test_a_key_is_no_person(world: World) -> None:
    key = Client(world.port, world.house.key(world.house.rooms.scope.account, "admin"))  # type: ignore[arg-type]
    assert key.get("/auth/status")["kind"] == "key"
    said = key.ask("GET", "/users/me")
    assert (said.status, said.json["code"]) == (403, "not_allowed")


def test_whoever_was_invited_registers_without_another_mail_and_only_with_that_address(world: World) -> None:
    owner = grow(world.house, world.port)
    home = owner.browser.ok("GET", "/users/me/accounts")["items"][0]["account"]["id"]
    owner.browser.ok("POST", f"/accounts/{home}/invitations", {"email": "eve@example.com", "role": "operator"})
    token = world.house.doors.link("eve@example.com")
    new = {"email": "mallory@example.com", "password": PASSWORD, "name": "Eve", "invitation": token}
    assert world.browser.refused("POST", "/auth/register", new) == (401, "sign_in_refused")
    eve = world.browser
    assert eve.ask("POST", "/auth/register", {**new, "email": "Eve@Example.com"}).status == 202
    eve.ok("POST", "/auth/login", {"email": "eve@example.com", "password": PASSWORD, "kind": "browser"})
    eve.ok("POST", "/invitations/accept", {"token": token})
    assert eve.ask("GET", "/sources").status == 200
    assert eve.refused("GET", "/api-keys")[0] == 403


def test_a_person_sees_what_happened_to_their_own_sign_in_and_nobody_else_s(world: World) -> None:
    browser = register(world.house, world.port)
    register(world.house, world.port, "eve@example.com", account="Other")
    lines = browser.ok("GET", "/users/me/activity")["items"]
    assert [line["action"].removeprefix("account:") for line in reversed(lines)] == [
        "person:registered",
        "person:email_verified",
        "session:opened",
    ]
    assert "ada@example.com" not in json.dumps(lines)
    key = Client(world.port, world.house.key(world.house.rooms.scope.account, "read"))  # type: ignore[arg-type]
    assert key.ask("GET", "/users/me/activity").status == 403

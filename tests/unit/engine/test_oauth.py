"""Tokens: renewed once, kept before they are used, never sent twice, never told to anybody."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import parse_qs

import msgspec
import pytest

from listbackup.base.clock import iso
from listbackup.base.errors import InputError, PlatformError, PlatformFault
from listbackup.base.secret import Secret
from listbackup.connectors.engine.auth import authority
from listbackup.connectors.engine.client import Answer
from listbackup.connectors.engine.connector import Credentials, Ground
from listbackup.connectors.engine.facts_auth import ApiKey, Basic, Bearer, Headers, NoAuth, OAuth2, SignedJwt
from listbackup.testing.clock import EPOCH, ManualClock

FACTS = OAuth2(token_url="https://auth.example.com/token", scope="read")


class TokenServer:
    """Rotates single-use refresh tokens; a second use kills the grant, as Keap's and Xero's do."""

    def __init__(self, kept: list[Mapping[str, Secret]]) -> None:
        self._lock = threading.Lock()
        self._kept = kept
        self.used: list[str] = []
        self.good = "refresh-0"
        self.dead = False
        self.fail_with: int | None = None

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        with self._lock:
            self.used.append(form.get("refresh_token", ""))
            if self.fail_with is not None:
                return Answer(status=self.fail_with, headers={}, body=b'{"error":"invalid_grant","error_description":"refresh-canary"}')
            if form["refresh_token"] != self.good:
                self.dead = True
                return Answer(status=400, headers={}, body=b'{"error":"invalid_grant"}')
            number = len(self.used)
            self.good = f"refresh-{number}"
            told = {"access_token": f"access-{number}", "refresh_token": self.good, "expires_in": 600, "extra": "dropped"}
            return Answer(status=200, headers={}, body=msgspec.json.encode(told))


def refreshing(server: TokenServer, clock: ManualClock, kept: list[Mapping[str, Secret]], **secrets: str):  # type: ignore[no-untyped-def]
    named = {name: Secret(text) for name, text in {"refresh_token": "refresh-0", "client_secret": "shh", **secrets}.items()}
    credentials = Credentials(values={"client_id": "me"}, secrets=named)
    return authority(FACTS, credentials, Ground(clock=clock, keep_secrets=kept.append), server.post)


def test_64_threads_renew_once_at_each_of_100_expiries_and_no_refresh_token_is_sent_twice() -> None:
    clock, kept = ManualClock(), list[Mapping[str, Secret]]()
    server = TokenServer(kept)
    signer = refreshing(server, clock, kept)
    shown: list[str] = []
    gate = threading.Barrier(64)

    def work() -> None:
        for _ in range(100):
            gate.wait()
            shown.append(signer.headers()["Authorization"])
            if gate.wait() == 0:
                clock.advance(timedelta(seconds=600))

    crew = [threading.Thread(target=work) for _ in range(64)]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    assert len(server.used) == len(set(server.used)) == 100
    assert not server.dead
    assert len(shown) == 6400


def test_64_threads_that_were_all_refused_renew_once() -> None:
    kept: list[Mapping[str, Secret]] = []
    server = TokenServer(kept)
    signer = refreshing(server, ManualClock(), kept)
    refused = signer.headers()
    crew = [threading.Thread(target=lambda: signer.renewed(refused)) for _ in range(64)]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    assert len(server.used) == 2
    assert signer.headers() == {"Authorization": "Bearer access-2"}


def test_a_rotated_token_is_kept_before_it_is_used() -> None:
    kept: list[Mapping[str, Secret]] = []
    server = TokenServer(kept)
    signer = refreshing(server, ManualClock(), kept)
    assert signer.headers() == {"Authorization": "Bearer access-1"}
    assert {name: secret.reveal() for name, secret in kept[0].items()} == {
        "access_token": "access-1",
        "refresh_token": "refresh-1",
        "access_expires_at": iso(EPOCH + timedelta(seconds=480)),
    }


def test_a_token_that_could_not_be_kept_is_not_used() -> None:
    server = TokenServer([])

    def full(secrets: Mapping[str, Secret]) -> None:
        raise OSError("the disk is full")

    credentials = Credentials(values={"client_id": "me"}, secrets={"refresh_token": Secret("refresh-0"), "client_secret": Secret("x")})
    signer = authority(FACTS, credentials, Ground(clock=ManualClock(), keep_secrets=full), server.post)
    for _ in range(3):
        with pytest.raises(OSError, match="disk is full"):
            signer.headers()
    assert server.used == ["refresh-0", "refresh-1", "refresh-2"]  # each the last one given, none of them twice


def test_a_kept_access_token_is_used_until_four_fifths_of_its_life() -> None:
    clock, kept = ManualClock(), list[Mapping[str, Secret]]()
    server = TokenServer(kept)
    signer = refreshing(server, clock, kept, access_token="old", access_expires_at=iso(EPOCH + timedelta(seconds=60)))
    assert signer.headers() == {"Authorization": "Bearer old"}
    clock.advance(timedelta(seconds=61))
    assert signer.headers() == {"Authorization": "Bearer access-1"}


def test_a_platform_that_cannot_renew_just_now_is_asked_later_while_the_token_is_still_good() -> None:
    clock, kept = ManualClock(), list[Mapping[str, Secret]]()
    server = TokenServer(kept)
    server.fail_with = 503
    signer = refreshing(server, clock, kept, access_token="old", access_expires_at=iso(EPOCH))
    for _ in range(5):
        assert signer.headers() == {"Authorization": "Bearer old"}
    assert len(server.used) == 1
    server.fail_with = None
    clock.advance(timedelta(seconds=61))
    server.good = "refresh-0"
    assert signer.headers() == {"Authorization": "Bearer access-2"}


def test_a_refused_refresh_token_is_never_tried_again_and_asks_for_a_person() -> None:
    kept: list[Mapping[str, Secret]] = []
    server = TokenServer(kept)
    server.fail_with = 400
    signer = refreshing(server, ManualClock(), kept)
    for _ in range(5):
        with pytest.raises(PlatformError) as caught:
            signer.headers()
        assert caught.value.fault is PlatformFault.NEEDS_REAUTH
        assert "canary" not in str(caught.value) + str(caught.value.hint)
    assert server.used == ["refresh-0"]


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b'{"access_token":5}', b'{"access_token":""}', b'{"access_token":"a\\nb"}', b"[" * 5000, b"\xff"]
)
def test_a_token_answer_that_makes_no_sense_is_not_a_token(body: bytes) -> None:
    credentials = Credentials(values={"client_id": "me"}, secrets={"refresh_token": Secret("r"), "client_secret": Secret("x")})
    signer = authority(
        FACTS, credentials, Ground(clock=ManualClock()), lambda url, headers, sent: Answer(status=200, headers={}, body=body)
    )
    with pytest.raises(PlatformError) as caught:
        signer.headers()
    assert caught.value.fault is PlatformFault.UNREACHABLE


def nobody(url: str, headers: Mapping[str, str], body: bytes) -> Answer:
    raise AssertionError("nothing is to be sent")


def test_the_fixed_kinds_send_what_they_say() -> None:
    credentials = Credentials(
        values={"username": "ann", "site": "x"},
        secrets={"password": Secret("p:w"), "api_key": Secret("k1"), "token": Secret(" t1 ")},
    )
    ground = Ground(clock=ManualClock())

    def sent(facts: object) -> tuple[Mapping[str, str], Mapping[str, str]]:
        made = authority(facts, credentials, ground, nobody)  # type: ignore[arg-type]
        return made.headers(), made.query()

    assert sent(NoAuth()) == ({}, {})
    assert sent(ApiKey(name="X-Key")) == ({"X-Key": "k1"}, {})
    assert sent(ApiKey(name="key", place="query")) == ({}, {"key": "k1"})
    assert sent(Basic()) == ({"Authorization": "Basic YW5uOnA6dw=="}, {})
    assert sent(Bearer()) == ({"Authorization": "Bearer t1"}, {})
    assert sent(Headers(headers={"X-Site": "{site}", "X-Pass": "{password}"})) == ({"X-Site": "x", "X-Pass": "p:w"}, {})
    with pytest.raises(InputError, match="no value"):
        sent(Bearer(token="{other}"))


def test_a_line_break_in_a_credential_never_reaches_the_wire() -> None:
    credentials = Credentials(values={}, secrets={"token": Secret("a\r\nHost: evil")})
    with pytest.raises(InputError, match="characters that a header cannot have"):
        authority(Bearer(), credentials, Ground(clock=ManualClock()), nobody)


def test_a_jwt_is_signed_as_ghost_checks_it_and_renewed_before_it_ends() -> None:
    clock = ManualClock()
    credentials = Credentials(values={}, secrets={"admin_key": Secret("abc:00ff10")})
    signer = authority(SignedJwt(audience="/admin/", scheme="Ghost"), credentials, Ground(clock=clock), nobody)
    scheme, _, token = signer.headers()["Authorization"].partition(" ")
    head, claims, signature = token.split(".")

    def plain(text: str) -> bytes:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

    now = int(EPOCH.timestamp())
    assert scheme == "Ghost"
    assert msgspec.json.decode(plain(head)) == {"alg": "HS256", "typ": "JWT", "kid": "abc"}
    assert msgspec.json.decode(plain(claims)) == {"iat": now, "exp": now + 300, "aud": "/admin/"}
    assert plain(signature) == hmac.new(bytes.fromhex("00ff10"), f"{head}.{claims}".encode(), hashlib.sha256).digest()
    clock.advance(timedelta(seconds=239))
    assert signer.headers()["Authorization"].endswith(token)
    clock.advance(timedelta(seconds=2))
    assert not signer.headers()["Authorization"].endswith(token)
    with pytest.raises(InputError, match="ID:SECRET"):
        authority(SignedJwt(), Credentials(values={}, secrets={"admin_key": Secret("no-hex")}), Ground(clock=clock), nobody)

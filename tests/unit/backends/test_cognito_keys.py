"""Published keys are fetched when a token names an unknown one, and not for everybody who makes one up."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from joserfc.jwk import RSAKey

from listbackup.backends.identity.cognito_keys import PublishedKeys
from listbackup.base.errors import BackendError
from listbackup.testing.clock import ManualClock

KEY = dict(RSAKey.generate_key(2048, private=True).as_dict(private=True))


class Publisher:
    """Says ``answers`` one after another, the last for ever."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, bytes]] = []
        self.asked = 0
        outer = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = outer.answers[min(outer.asked, len(outer.answers) - 1)]
                outer.asked += 1
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None: ...

        self.server = HTTPServer(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self.server.server_port}/jwks.json"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    made = Publisher()
    yield made
    made.server.shutdown()
    made.server.server_close()


def published(*kids: str, **more: object) -> tuple[int, bytes]:
    keys = [KEY | {"kid": kid} | more for kid in kids]
    return 200, json.dumps({"keys": keys}).encode()


def test_a_new_key_is_asked_for_and_a_known_one_is_not(publisher: Publisher) -> None:
    clock = ManualClock()
    keys = PublishedKeys(publisher.url, clock)
    publisher.answers = [published("one"), published("one", "two")]
    assert keys.find("one")
    assert keys.find("one")
    assert publisher.asked == 1
    for made_up in ("x", "y", "two"):
        assert keys.find(made_up) is None
    assert publisher.asked == 1
    clock.advance(timedelta(seconds=60))
    assert keys.find("two")
    assert publisher.asked == 2


def test_a_question_that_failed_is_not_asked_for_every_made_up_key(publisher: Publisher) -> None:
    publisher.answers = [published("one"), (404, b"")]
    clock = ManualClock()
    keys = PublishedKeys(publisher.url, clock)
    assert keys.find("one")
    clock.advance(timedelta(seconds=60))
    with pytest.raises(BackendError):
        keys.find("made up")
    assert keys.find("made up") is None
    assert keys.find("one")
    assert publisher.asked == 2


def test_a_crowd_at_the_first_token_asks_once(publisher: Publisher) -> None:
    publisher.answers = [published("one")]
    keys = PublishedKeys(publisher.url, ManualClock())
    with ThreadPoolExecutor(8) as crowd:
        assert all(crowd.map(keys.find, ["one"] * 16))
    assert publisher.asked == 1


def test_nothing_private_is_published_whatever_was_read(publisher: Publisher) -> None:
    publisher.answers = [published("one")]
    (key,) = PublishedKeys(publisher.url, ManualClock()).as_published()["keys"]  # type: ignore[misc]
    assert sorted(key) == ["alg", "e", "kid", "kty", "n", "use"]


def test_keys_of_another_kind_are_left_out(publisher: Publisher) -> None:
    publisher.answers = [published("one", kty="oct", n="", e="")]
    assert PublishedKeys(publisher.url, ManualClock()).find("one") is None


def test_a_publisher_that_is_busy_is_asked_again_and_one_that_refuses_is_not(publisher: Publisher) -> None:
    publisher.answers = [(503, b""), (503, b""), published("one")]
    assert PublishedKeys(publisher.url, ManualClock()).find("one")
    publisher.answers, publisher.asked = [(404, b"")], 0
    with pytest.raises(BackendError):
        PublishedKeys(publisher.url, ManualClock()).find("one")
    assert publisher.asked == 1


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"keys": [{}]}', b'{"keys": [{"kid": "a", "kty": "RSA", "n": "!", "e": "!"}]}'])
def test_what_is_no_key_set_is_an_error_and_no_key(publisher: Publisher, body: bytes) -> None:
    publisher.answers = [(200, body)]
    with pytest.raises(BackendError):
        PublishedKeys(publisher.url, ManualClock()).find("a")


def test_nobody_there_is_an_error_that_passes() -> None:
    with pytest.raises(BackendError) as silent:
        PublishedKeys("http://127.0.0.1:9/jwks.json", ManualClock()).find("a")
    assert silent.value.retryable

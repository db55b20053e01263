"""Whose pages may use a browser's session."""

from __future__ import annotations

import pytest

from listbackup.http.caller import WrongOrigin
from listbackup.http.csrf import csrf_token, judge_origin, judge_token

OURS = frozenset({"https://app.example.org"})


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "127.0.0.1:8400"},  # a program
        {"host": "127.0.0.1:8400", "origin": "http://127.0.0.1:8400"},
        {"host": "backup.example.org", "origin": "https://backup.example.org"},  # TLS ends at a proxy
        {"host": "127.0.0.1:8400", "origin": "https://app.example.org", "sec-fetch-site": "cross-site"},  # named in the settings
        {"host": "127.0.0.1:8400", "sec-fetch-site": "same-origin"},
        {"host": "127.0.0.1:8400", "sec-fetch-site": "none"},
    ],
)
def test_programs_and_our_own_pages_may(headers: dict[str, str]) -> None:
    judge_origin(headers, scheme="http", origins=OURS)


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "127.0.0.1:8400", "origin": "null"},
        {"host": "127.0.0.1:8400", "origin": ""},
        {"host": "127.0.0.1:8400", "origin": "http://127.0.0.1:8401"},
        {"host": "127.0.0.1:8400", "origin": "http://127.0.0.1"},
        {"host": "127.0.0.1:8400", "origin": "file://127.0.0.1:8400"},
        {"host": "127.0.0.1:8400", "origin": "http://127.0.0.1:8400@evil.example"},
        {"host": "127.0.0.1:8400", "origin": "http://evil.example", "sec-fetch-site": "same-origin"},
        {"host": "127.0.0.1:8400", "origin": "http://app.example.org"},
        {"host": "127.0.0.1:8400", "origin": "http://[::1"},
        {"host": "127.0.0.1:8400", "sec-fetch-site": "cross-site"},
        {"host": "127.0.0.1:8400", "sec-fetch-site": "same-site"},  # another port or subdomain
    ],
)
def test_pages_of_others_may_not(headers: dict[str, str]) -> None:
    with pytest.raises(WrongOrigin):
        judge_origin(headers, scheme="http", origins=OURS)


def test_what_came_by_tls_is_not_asked_for_without() -> None:
    with pytest.raises(WrongOrigin):
        judge_origin({"host": "backup.example.org", "origin": "http://backup.example.org"}, scheme="https", origins=OURS)


def test_a_token_belongs_to_one_cookie_and_does_not_tell_it() -> None:
    one, other = "lbs_one", "lbs_other"
    judge_token(one, csrf_token(one))
    assert one not in csrf_token(one)
    for said in (None, "", one, csrf_token(other), csrf_token(one) + "=", "\ud800"):
        with pytest.raises(WrongOrigin):
            judge_token(one, said)

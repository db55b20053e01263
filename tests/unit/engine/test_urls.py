"""Where a path with its params leads: the same as the whole URL, understood at once."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listbackup.base.clock import SystemClock
from listbackup.base.errors import PlatformError
from listbackup.connectors.engine.client import Client
from listbackup.connectors.engine.connector import Credentials, Ground
from listbackup.connectors.engine.egress import MAX_URL, parse_url
from listbackup.connectors.engine.facts import Api
from listbackup.connectors.engine.transport import Transport

BASE = "https://api.example.com/v1"


def transport() -> Transport:
    """A way to one site, over which nothing is sent."""
    ground = Ground(clock=SystemClock())
    api = Api(platform="p", label="P", base_url=BASE, streams=())
    return Transport(api, Credentials(values={}, secrets={}), ground, Client(ground.clock))


TEXTS = st.text(max_size=20)
ASKED = st.tuples(
    st.sampled_from(["/contacts", "contacts", "/a/b?x=1", "https://other.example.com/c?d=e", "/caf\xe9", ""]), st.dictionaries(TEXTS, TEXTS)
)


@given(st.lists(ASKED, max_size=6))
def test_a_url_is_the_whole_text_understood_whatever_was_asked_before(asked: list[tuple[str, Mapping[str, str]]]) -> None:
    """Remembering the place of the last request changes no URL."""
    way = transport()
    for path, params in asked:
        query = urlencode([(name, value) for name, value in params.items() if value])
        start = path if "://" in path else BASE + ("" if path.startswith("/") or not path else "/") + path
        whole = start + (("&" if "?" in start else "?") + query if query else "")
        assert way.url(path, params) == parse_url(whole)


def test_a_url_that_its_params_make_too_long_is_refused() -> None:
    """As it is when it comes in one piece."""
    with pytest.raises(PlatformError):
        transport().url("/contacts", {"q": "x" * MAX_URL})


@pytest.mark.parametrize(
    ("named", "beside", "means"),
    [
        ("/v1/contacts?page=2", "/contacts", f"{BASE}/contacts?page=2"),
        ("?page=2", "/contacts", f"{BASE}/contacts?page=2"),
        ("contacts?page=2", "/contacts", f"{BASE}/contacts?page=2"),
        ("/elsewhere?page=2", "/contacts", "https://api.example.com/elsewhere?page=2"),
        ("https://other.example.com/x", "/contacts", "https://other.example.com/x"),
        ("//other.example.com/x", "/contacts", "https://other.example.com/x"),
        ("/files/1.png", None, "https://api.example.com/files/1.png"),
        ("files/1.png", None, f"{BASE}/files/1.png"),
        ("//[", "/contacts", "//["),
    ],
)
def test_a_url_that_the_platform_names_is_read_as_browsers_read_it(named: str, beside: str | None, means: str) -> None:
    assert transport().named(named, beside) == means

"""Which sign-in pages stand at a host that who connects chooses."""

from __future__ import annotations

import pytest

from listbackup.connectors.engine.sign_in import _is_open


@pytest.mark.parametrize(
    ("address", "is_open"),
    [
        ("{url}", True),
        ("https://{host}/api", True),
        ("{scheme}://api.shop.example.com", True),
        ("https://{shop}.com", True),
        ("https://api.{host}", True),
        ("https://{shop}.shop.example", False),
        ("https://api.shop.example/{version}", False),
        ("https://api.shop.example", False),
        ("/oauth/token", False),
        ("/{realm}/token", False),
    ],
)
def test_a_value_that_decides_the_host_is_noticed(address: str, is_open: bool) -> None:
    assert _is_open(address) is is_open

"""One-time codes are those of everybody's apps."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest

from listbackup.backends.identity.totp import base32, code_of, find_step, qr_png, qr_svg, step_of, uri_of

RFC_SEED = b"12345678901234567890"


@pytest.mark.parametrize(
    ("second", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_the_vectors_of_the_rfc_hold(second: int, code: str) -> None:
    assert code_of(RFC_SEED, second // 30) == code[2:]  # the RFC shows eight digits, the last six are ours


def test_codes_are_those_of_another_program() -> None:
    for number in range(200):
        seed, now = secrets.token_bytes(20), datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=number * 7919)
        assert pyotp.TOTP(base32(seed)).at(now) == code_of(seed, step_of(now))


def test_a_step_before_and_after_count_and_no_others() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    found = [find_step(RFC_SEED, code_of(RFC_SEED, step_of(now) + off), now, after=0) for off in (-2, -1, 0, 1, 2)]
    assert [step is not None for step in found] == [False, True, True, True, False]


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３４５６", "-12345", "12.456", "\ud800" * 6])
def test_what_is_no_code_is_none(code: str) -> None:
    assert find_step(RFC_SEED, code, datetime(2026, 1, 1, tzinfo=UTC), after=0) is None


def test_another_program_reads_the_address_of_the_qr_code() -> None:
    uri = uri_of(RFC_SEED, issuer="List Backup", email="ada+x@example.com")
    read = pyotp.parse_uri(uri)
    assert (read.secret, read.issuer, read.name) == (base32(RFC_SEED), "List Backup", "ada+x@example.com")
    assert parse_qs(urlsplit(uri).query)["algorithm"] == ["SHA1"]


def test_the_qr_code_is_drawn() -> None:
    uri = uri_of(RFC_SEED, issuer="ListBackup", email="ada@example.com")
    assert qr_svg(uri).startswith("<svg ")
    assert "script" not in qr_svg(uri)
    assert qr_png(uri).startswith(b"\x89PNG\r\n")

"""The search for canaries finds them in every form it promises, and only them."""

from __future__ import annotations

import base64
import gzip
import io
import json
import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
import zstandard

from listbackup.testing.canary import Canaries


def zipped(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside.txt", data)
    return buffer.getvalue()


FORMS: dict[str, Callable[[str], bytes]] = {
    "as it is": str.encode,
    "in JSON": lambda text: json.dumps({"token": text}).encode(),
    "in a URL": lambda text: f"https://crm.example/?key={quote(text, safe='')}&page=2".encode(),
    "in base64": lambda text: base64.b64encode(text.encode()),
    "in base64 behind one byte": lambda text: base64.b64encode(b":" + text.encode()),
    "in base64 behind two bytes": lambda text: base64.b64encode(b"u:" + text.encode()),
    "in base64 for URLs": lambda text: base64.urlsafe_b64encode(b"user:" + text.encode()),
    "in an authorization header": lambda text: b"Authorization: Basic " + base64.b64encode(f"someone:{text}".encode()),
    "in hexadecimal": lambda text: text.encode().hex().encode(),
    "in capital hexadecimal": lambda text: text.encode().hex().upper().encode(),
    "in UTF-16": lambda text: text.encode("utf-16"),
    "backwards": lambda text: text[::-1].encode(),
    "in gzip": lambda text: gzip.compress(b"x" * 1000 + text.encode()),
    "in gzip in the middle of a file": lambda text: b"header" + gzip.compress(text.encode()) + b"footer",
    "in gzip cut short": lambda text: gzip.compress(text.encode() + random.Random(1).randbytes(5000))[:-100],
    "in zstd": lambda text: zstandard.compress(b"x" * 1000 + text.encode()),
    "in zstd in the middle of a file": lambda text: b"header" + zstandard.compress(text.encode()) + b"footer",
    "in zip": lambda text: zipped(text.encode()),
    "in zip in zstd": lambda text: zstandard.compress(zipped(text.encode())),
    "in base64 in gzip": lambda text: gzip.compress(base64.b64encode(text.encode())),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_canary_is_found(form: str, tmp_path: Path) -> None:
    canaries = Canaries()
    for number in range(20):
        canaries.make(f"token {number}")
    text = canaries.make("the one")
    leak = b"before " + FORMS[form](text) + b" after" if "zip" not in form or "gzip" in form else FORMS[form](text)
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "file").write_bytes(leak)
    assert {found.canary for found in canaries.in_texts([leak])} == {"the one"}
    found = canaries.in_files(tmp_path)
    assert {one.canary for one in found} == {"the one"}
    assert text not in repr(found)


def test_a_canary_in_a_files_name_is_found(tmp_path: Path) -> None:
    canaries = Canaries()
    (tmp_path / canaries.make("a").strip("/")).write_bytes(b"")
    assert {found.canary for found in canaries.in_files(tmp_path)} == {"a"}


def test_other_canaries_and_noise_are_not_found(tmp_path: Path) -> None:
    canaries = Canaries()
    canaries.make("a")
    others = Canaries()
    noise = random.Random(2).randbytes(3_000_000)
    assert canaries.in_texts([noise, others.make("a"), "", "canarybrd", gzip.compress(noise)]) == []


def test_five_hundred_canaries_are_unique_and_looked_for_in_one_go() -> None:
    canaries = Canaries()
    texts = [canaries.make(f"{number}") for number in range(600)]
    assert len(set(texts)) == len(canaries) == 600
    assert {found.canary for found in canaries.in_texts([" ".join(texts)])} == {f"{number}" for number in range(600)}
    with pytest.raises(ValueError, match="already"):
        canaries.make("1")

"""The limit: a hand-tuned script that does the least a backup must do, for one server and one layout.

It downloads the pages with one socket, slices the records, hashes each, compresses 256 KiB blocks, encrypts and writes them, and syncs the file.
No retries, no resume, no deletions, no index, no second stream.   ``python -m bench.limit URL FILE``
"""

from __future__ import annotations

import hashlib
import http.client
import os
import sys
from urllib.parse import urlsplit

import msgspec
import zstandard
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


class Page(msgspec.Struct):
    """The page with its records left as they came."""

    data: list[msgspec.Raw]
    total_pages: int


class Key(msgspec.Struct):
    """What a record is known by."""

    id: str
    updated_at: str


def main(url: str, target: str) -> None:
    """Download everything at ``url`` into ``target``."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    page_of, key_of = msgspec.json.Decoder(Page), msgspec.json.Decoder(Key)
    compress, cipher = zstandard.ZstdCompressor(level=3), AESGCM(os.urandom(32))
    keyed = hashlib.sha256(os.urandom(32))
    waiting: list[bytes] = []
    size = frames = number = 0
    index = []
    with open(target, "wb") as out:

        def flush() -> None:
            nonlocal size, frames
            out.write(cipher.encrypt(frames.to_bytes(12, "big"), compress.compress(b"\n".join(waiting)), None))
            waiting.clear()
            size, frames = 0, frames + 1

        while True:
            number += 1
            connection.request("GET", f"/contacts?page={number}&per_page=100")
            page = page_of.decode(connection.getresponse().read())
            for raw in page.data:
                hashed = keyed.copy()
                hashed.update(raw)
                index.append((key_of.decode(raw).id, hashed.digest()[:8]))
                waiting.append(raw)
                size += len(raw)
                if size >= 262_144:
                    flush()
            if number >= page.total_pages:
                break
        flush()
        out.write(cipher.encrypt(frames.to_bytes(12, "big"), compress.compress(repr(index).encode()), None))
        out.flush()
        os.fsync(out.fileno())
    print(len(index))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])

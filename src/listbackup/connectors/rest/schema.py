"""The JSON Schema of REST files, made from the facts themselves: ``python -m listbackup.connectors.rest.schema`` writes ``schema.json`` beside this."""

from __future__ import annotations

from pathlib import Path

import msgspec

from listbackup.connectors.engine.facts import Api

FILE = Path(__file__).with_name("schema.json")


def schema() -> bytes:
    """The schema (draft 2020-12), as it is published."""
    found = msgspec.json.schema(Api)
    told = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A JSON API that ListBackup can back up",
        "description": "See docs/guides/connect-any-api.md.",
        **found,
    }
    return msgspec.json.format(msgspec.json.encode(told, order="sorted"), indent=2) + b"\n"


if __name__ == "__main__":
    FILE.write_bytes(schema())

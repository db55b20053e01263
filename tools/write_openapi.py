"""Writes ``openapi.json`` at the top of the checkout: what ``tests/house/test_openapi.py`` compares with the routes."""

from __future__ import annotations

import json
from pathlib import Path

from listbackup.testing.http import current_openapi

if __name__ == "__main__":
    target = Path(__file__).parents[1] / "openapi.json"
    target.write_text(json.dumps(current_openapi(), indent=2, ensure_ascii=False) + "\n")
    print(f"wrote {target.name}")

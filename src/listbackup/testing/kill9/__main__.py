"""``python -m listbackup.testing.kill9``: see the package."""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import msgspec

from listbackup.testing.kill9.harness import Harness


def main() -> int:
    """Kill, look, tell."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        tally = Harness(Path(home) / "work", given.seed).run(given.kills)
    sys.stdout.write(msgspec.json.encode(asdict(tally) | {"by_act": dict(tally.by_act)}).decode() + "\n")
    return 1 if tally.violations else 0


if __name__ == "__main__":
    raise SystemExit(main())

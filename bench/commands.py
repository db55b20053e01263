"""Whole commands as a person types them. ``python -m bench.commands`` prints one JSON line."""

from __future__ import annotations

import json
import statistics
import subprocess

from bench import ours
from bench.measure import run, serving


def main() -> None:
    """Back 20,000 records up, then time ``show`` of one of them."""
    with serving(records=20_000) as url, ours.installation(url) as home:
        subprocess.run(home.backup_command(), check=True, stdout=subprocess.DEVNULL)
        shown = [run(home.command("show", "crm", "contacts", "000000110000")) for _ in range(7)]
        named = [run(home.command("--version")) for _ in range(7)]
    if any(one.code for one in shown):
        raise SystemExit(shown[0].said)
    seconds = [statistics.median(one.wall_seconds for one in group) for group in (shown, named)]
    print(json.dumps({"show_seconds": seconds[0], "version_seconds": seconds[1]}))


if __name__ == "__main__":
    main()

"""``find_chromium.py PATH``: exit 0 when the browser is there, installing it from Debian's packages where this is Debian and one may; else say why not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGES = ("chromium", "fonts-liberation")


def main() -> int:
    browser = Path(sys.argv[1])
    if browser.exists():
        return 0
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        print(f"The web app was not tested in a browser: {browser} is not there (apt-get install chromium, or CHROMIUM=/path/to/it).")
        return 1
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *PACKAGES]):
        done = subprocess.run(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", *command], check=False, capture_output=True, text=True)
        if done.returncode != 0:
            print(f"The web app was not tested in a browser: apt-get {command[0]} failed: {done.stderr.strip().splitlines()[-1:]}")
            return 1
    return 0 if browser.exists() else 1


if __name__ == "__main__":
    raise SystemExit(main())

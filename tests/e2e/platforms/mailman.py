"""GNU Mailman 3 core (GPL-3.0, from PyPI into its own virtual environment) with its REST API on loopback and no mail transport.

Only the REST runner is started: nothing is ever delivered, and one process is enough.
"""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from application import cache_folder, cannot, main, run, wait_for

VERSION = "3.3.10"
HOME = cache_folder(f"mailman-{VERSION}")
USER, PASSWORD = "restadmin", "restpass"
IDLE = ["archive", "bounces", "command", "in", "lmtp", "nntp", "out", "pipeline", "retry", "digest", "virgin", "task"]


def install() -> None:
    """A virtual environment with Mailman; about half a minute."""
    if (HOME / "ready").exists():
        return
    HOME.mkdir(parents=True, exist_ok=True)
    log = HOME / "install.log"
    run(sys.executable, "-m", "venv", "--clear", HOME / "venv", log=log)
    run(HOME / "venv/bin/python", "-m", "pip", "install", "-q", f"mailman=={VERSION}", "sqlalchemy<2.1", log=log)
    (HOME / "ready").touch()


def start(state: Path, port: int) -> Mapping[str, str]:
    """A fresh or existing Mailman in ``state``."""
    if not (HOME / "ready").exists():
        cannot("Mailman is not installed: run this script with `install` first")
    bin_ = HOME / "venv/bin"
    sections = [
        "[mailman]\nlayout: here\nsite_owner: owner@example.test",
        f"[paths.here]\nvar_dir: {state / 'var'}\nbin_dir: {bin_}",
        f"[webservice]\nhostname: 127.0.0.1\nport: {port}\nadmin_user: {USER}\nadmin_pass: {PASSWORD}\nworkers: 1",
        "[mta]\nincoming: mailman.mta.null.NullMTA\nsmtp_host: 127.0.0.1\nsmtp_port: 1\nlmtp_host: 127.0.0.1\nlmtp_port: 1",
        *(f"[runner.{name}]\nstart: no" for name in IDLE),
    ]
    (state / "mailman.cfg").write_text("\n\n".join(sections) + "\n")
    run(*_mailman(state), "start", "--force", log=state / "mailman.log", cwd=state)
    sign = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    wait_for(f"http://127.0.0.1:{port}/3.1/system/versions", headers={"Authorization": f"Basic {sign}"})
    return {"url": f"http://127.0.0.1:{port}/3.1", "user": USER, "password": PASSWORD}


def stop(state: Path) -> None:
    """End the master and its runner."""
    subprocess.run([str(part) for part in (*_mailman(state), "stop")], cwd=state, capture_output=True)


def _mailman(state: Path) -> tuple[str | Path, ...]:
    return (HOME / "venv/bin/mailman", "--run-as-root", "-C", state / "mailman.cfg")


if __name__ == "__main__":
    main(install, start, stop)

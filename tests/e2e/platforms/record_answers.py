"""Records anew what the connectors' tests play back: ``python record_answers.py mailman|ghost|wordpress``.

The application is started with nothing in it, filled with invented records, read through the recorder in small pages, and stopped.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import listbackup.connectors
from listbackup.base.clock import SystemClock
from listbackup.base.secret import Secret
from listbackup.connectors.engine.connector import Credentials, Ground, Mode
from listbackup.connectors.engine.session import FactsConnector
from listbackup.connectors.ghost.connector import connector as ghost
from listbackup.connectors.mailman.connector import connector as mailman
from listbackup.connectors.wordpress.connector import connector as wordpress
from listbackup.testing.applications import GhostSite, MailmanSite, WordPressSite
from listbackup.testing.recorder import record

HERE = Path(__file__).parent
PAGE = 3
SCRUB = {
    r"\$6\$rounds=\d+\$[^\"\\]+": "a password hash",
    r"(unsubscribe[^\"]*?[?&]key=)[0-9a-f]+": r"\g<1>scrubbed",
}


def script(name: str, *arguments: str) -> str:
    """What the application's script printed."""
    return subprocess.run([sys.executable, str(HERE / f"{name}.py"), *arguments], check=True, capture_output=True, text=True).stdout


def fill(name: str, said: dict[str, str]) -> tuple[FactsConnector, dict[str, str], dict[str, str]]:
    """The connector, plain values and secrets of an application that has been filled."""
    if name == "wordpress":
        WordPressSite(said["url"], said["user"], said["password"]).fill()
        return wordpress(PAGE), {"username": said["user"], "api": "/index.php?rest_route="}, {"password": said["password"]}
    if name == "ghost":
        GhostSite(said["url"], said["admin_key"]).fill()
        return ghost(PAGE), {}, {"admin_key": said["admin_key"]}
    MailmanSite(said["url"], said["user"], said["password"]).fill()
    return mailman(PAGE), {"username": said["user"]}, {"password": said["password"]}


def main(name: str) -> None:
    """Start, fill, read, stop."""
    with tempfile.TemporaryDirectory(prefix="lb-", ignore_cleanup_errors=True) as state:
        said = json.loads(script(name, "start", "--state", state))
        try:
            platform, values, secrets = fill(name, said)
            target = Path(listbackup.connectors.__path__[0]) / name / "recorded" / "site.json"
            path = "/3.1" if name == "mailman" else ""
            upstream = said["url"].removesuffix(path)
            with record(upstream, target, keep_headers=("x-wp-total", "x-wp-totalpages", "date"), scrub=SCRUB) as recorder:
                credentials = Credentials(
                    values={"url": recorder.base_url + path, **values}, secrets={field: Secret(text) for field, text in secrets.items()}
                )
                read_all(platform, credentials)
        finally:
            script(name, "stop", "--state", state)


def read_all(platform: FactsConnector, credentials: Credentials) -> None:
    """Everything the conformance suite asks: each stream to its end, its first record by key, its files."""
    session = platform.open(credentials, Ground(clock=SystemClock(), allow_loopback=True, concurrency=1))
    session.test()
    for info in session.discover():
        reading = session.read(info.name, Mode.FULL)
        batches = list(reading)
        assert reading.outcome.complete, (info.name, reading.outcome.problems)
        for key in [key for batch in batches for key in batch.keys][:1]:
            assert session.fetch(info.name, key) is not None
        for _, ref in [one for batch in batches for one in batch.attachments]:
            assert b"".join(session.fetch_attachment(ref))
        print(f"{info.name}: {sum(len(batch.keys) for batch in batches)} records")
    session.close()


if __name__ == "__main__":
    main(sys.argv[1])

"""An installation of many accounts, served for the bench: ``python -m bench.api_house FOLDER ACCOUNTS``.

Makes the accounts (each with a connection, a source and a job), backs up one of them from the simulated CRM, prints where it listens and what can be
asked, and serves until SIGTERM. Rates are lifted: what is measured is the work, not the limit. Nothing else differs from ``listbackup serve --workers 0``.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from listbackup.api.app import ApiSettings, application
from listbackup.api.server import listen, run
from listbackup.backends import sqlite_file
from listbackup.base.secret import Secret
from listbackup.bootstrap.embedded import init_system, open_system
from listbackup.bootstrap.settings import Settings
from listbackup.bootstrap.system import System
from listbackup.http.permission import Bundle
from listbackup.http.ratelimit import Rate
from listbackup.services.data import Errands
from listbackup.services.jobs import Timetable
from listbackup.services.runs import Work
from listbackup.services.scope import Scope
from listbackup.testing.saas import Options, serve

PLENTY = Rate(per_second=1_000_000, burst=1_000_000)
EMAIL, PASSWORD = "bench@example.com", "correct horse battery zebra"


def main() -> None:
    """Build, tell, serve."""
    folder, accounts = Path(sys.argv[1]), int(sys.argv[2])
    settings = Settings(data=folder / "data", keys=folder / "keys", cache=folder / "cache", allow_loopback=True)
    with in_a_hurry():
        init_system(settings)
        system = open_system(settings)
        for number in range(1, accounts):
            furnish(system, system.accounts.enter(system.accounts.create(f"account {number}", actor="bench").id, actor="bench"))
        system.close()
    system, errands = open_system(settings), Errands()
    scope = system.accounts.enter(system.accounts.get_default().id, actor="bench")
    said = {"key": system.api_keys.create(scope, name="bench", permissions=[*Bundle]).text.reveal(), "paths": measured(system, scope)}
    system.accounts.set_first_owner(system.auth.create_verified(EMAIL, PASSWORD, by="bench").id)
    app = application(system, errands, ApiSettings(rate=PLENTY, strangers=PLENTY, passers=PLENTY))
    listener = listen("127.0.0.1", 0)
    print(json.dumps({**said, "port": listener.getsockname()[1]}), flush=True)
    run(app, listener, ending=system.feed.close)
    errands.stop()
    system.close()


@contextmanager
def in_a_hurry() -> Iterator[None]:
    """Nothing waits for the disk: fifty thousand commits are made before anything is measured, and none of them is worth a power cut."""
    fsync, setup = os.fsync, sqlite_file._SETUP
    os.fsync, sqlite_file._SETUP = lambda _: None, ("PRAGMA synchronous=OFF",)
    try:
        yield
    finally:
        os.fsync, sqlite_file._SETUP = fsync, setup


def furnish(system: System, scope: Scope, url: str = "http://127.0.0.1:9", token: str = "x") -> str:
    """A connection, a source and a job; the source's id."""
    connection = system.connections.create(
        scope, platform="demo-crm", name="crm", values={"url": url}, secrets={"token": Secret(token)}, test=False
    )
    source = system.sources.create(scope, connection=connection.id, name="crm")
    system.jobs.create(scope, source=source.id, timetable=Timetable(cron="0 3 * * *"))
    return source.id


def measured(system: System, scope: Scope) -> dict[str, str]:
    """The ten operations, by name, on an account that was really backed up."""
    with serve(Options(records=2_000)) as saas:
        source = furnish(system, scope, saas.base_url, saas.token)
        done = system.runs.backup(scope, source, Work(owner="bench"))
    assert done.snapshot_id is not None, done
    record = next(iter(system.data.scan(scope, source, "contacts", limit=1)))
    records = f"/v2/snapshots/{done.snapshot_id}/streams/contacts/records"
    return {
        "list sources": "/v2/sources",
        "one source": f"/v2/sources/{source}",
        "list connections": "/v2/connections",
        "list jobs": "/v2/jobs",
        "list runs": "/v2/runs",
        "one run": f"/v2/runs/{done.id}",
        "snapshots of a source": f"/v2/sources/{source}/snapshots",
        "50 records of a stream": f"{records}?limit=50",
        "one record": f"{records}/{quote(str(record.key[0]), safe='')}",
        "activity": "/v2/activity?limit=50",
    }


if __name__ == "__main__":
    main()

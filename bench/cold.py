"""``python -m bench.cold``: what a cold start costs: the CPU of a fresh process of a function from nothing to its first answer, and how large its folder is.

Each function runs from its folder (``make functions``' tool, built for this Python) in a bare Python under AWS's interface client; what it asks of AWS is answered by the emulator, so
that one boto3 client is made where the function makes one. Not measured: the CPU of Lambda itself, which is another.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.measure import ROOT
from listbackup.backends.aws_client import Aws
from listbackup.base.secret import Secret
from listbackup.http.permission import Bundle
from listbackup.services.accounts.key_text import make_key
from listbackup.testing.cloud import INSTALLATION, PUBLIC, Invocation, http_event
from listbackup.testing.cloud_ground import GroundStage
from listbackup.testing.emulator import KEY, REGION, Emulator
from listbackup.testing.lambda_runtime import Function, client_folder
from listbackup.worker.functions import Work

TIMES = 5
GOAL_MS = 450  # to the first answer of an HTTP function with one boto3 client
_NOBODY = {"authorization": f"Bearer {make_key('test')[1].reveal()}"}  # of a right form, and nobody's: it is looked up
_HTTP = "listbackup.api.lambda_http.handler"
_ASKED = {"sources": "/v2/sources", "jobs": "/v2/jobs", "data": "/v2/exports", "activity": "/v2/activity"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """A function and its first question; ``status`` is what it must answer."""

    title: str
    folder: str
    handler: str
    service: str
    event: object
    status: int | None = None


def _cases(bearer: Mapping[str, str], snapshot: str) -> Sequence[_Case]:
    """To nobody, and to somebody who may read (``bearer``): an answer that is refused must not be quick at the cost of one that is given."""

    def http(title: str, service: str, path: str, headers: Mapping[str, str], status: int) -> _Case:
        return _Case(
            title=title, folder="http", handler=_HTTP, service=service, event=http_event("GET", path, headers=headers), status=status
        )

    return [
        http("http system, no client", "system", "/v2/system/health/live", {}, 200),
        *(http(f"http {service}, DynamoDB", service, path, _NOBODY, 401) for service, path in _ASKED.items()),
        *(http(f"http {service}, DynamoDB, a list given", service, path, bearer, 200) for service, path in _ASKED.items()),
        http(
            "http data, DynamoDB, S3, KMS, records of a snapshot", "data", f"/v2/snapshots/{snapshot}/streams/contacts/records", bearer, 200
        ),
        _Case(
            title="authorizer, DynamoDB",
            folder="authorizer",
            handler="listbackup.api.lambda_authorizer.handler",
            service="",
            event=http_event("GET", "/v2/sources", headers=bearer),
        ),
        _Case(
            title="indexer", folder="indexer", handler="listbackup.worker.lambda_handlers.index_files", service="", event={"Records": []}
        ),
    ]


def measure() -> dict[str, Any]:
    """Milliseconds of CPU by function, and megabytes by folder."""
    with tempfile.TemporaryDirectory(prefix="listbackup-cold-") as name:
        folder = Path(name)
        python = f"{sys.version_info.major}.{sys.version_info.minor}"
        subprocess.run(
            [sys.executable, str(ROOT / "tools" / "build_functions.py"), str(folder / "out"), "--python", python],
            check=True,
            stdout=sys.stderr,
        )
        emulator = Emulator.start(folder / "emulator")
        try:
            return _measured(folder, emulator)
        finally:
            emulator.stop()


def _measured(folder: Path, emulator: Emulator) -> dict[str, Any]:
    stage = GroundStage(
        Aws(REGION, emulator.endpoint, access_key_id=KEY, secret_access_key=Secret(KEY)), folder, PUBLIC_URL=PUBLIC, IDENTITY="builtin"
    )
    key, snapshot = _lived_in(stage)
    environ = {**emulator.environment, **stage.said, "LISTBACKUP_INSTALLATION": INSTALLATION, "PUBLIC_URL": PUBLIC, "IDENTITY": "builtin"}
    client = client_folder(folder / "client")
    bare = [_cpu("import sys") for _ in range(TIMES)]
    cases = {
        case.title: statistics.median(_first(folder / "out", case, client, environ) for _ in range(TIMES))
        for case in _cases({"authorization": f"Bearer {key}"}, snapshot)
    }
    sizes = {
        one.name: round(sum(path.stat().st_size for path in one.rglob("*") if path.is_file()) / 1e6, 1)
        for one in sorted((folder / "out").iterdir())
    }
    return {"cpu_ms": cases, "python_ms": statistics.median(bare), "goal_ms": GOAL_MS, "megabytes": sizes}


def _lived_in(stage: GroundStage) -> tuple[str, str]:
    """A key of the stage's account, and a snapshot of it."""
    system = stage.open(delivers=True)
    scope = system.accounts.enter(system.accounts.ensure_default(actor="deploy").id, actor="deploy")
    system.connections.create(scope, platform="fake", name="shop", values={}, secrets={"token": Secret("good")})
    source = system.sources.create(scope, connection="shop", name="crm")
    system.runs.start(scope, source.id)
    Work(system=stage.open(), queue=stage.ports.queue)(stage.event("RUN_QUEUE_URL"), Invocation())
    key = system.api_keys.create(scope, name="bench", permissions=tuple(Bundle)).text.reveal()
    return key, system.data.snapshot(scope, source.id, None).id


def _first(folders: Path, case: _Case, client: Path, environ: Mapping[str, str]) -> int:
    environ = {**environ, "LISTBACKUP_SERVICE": case.service}
    with Function(folders / case.folder, case.handler, client=client, environ=environ) as function:
        answer = function.call(case.event)
        assert answer.error is None, answer.error
        assert case.status is None or answer.answer["statusCode"] == case.status, answer.answer
        return answer.cpu_ms


def _cpu(program: str) -> float:
    question = f"import time\n{program}\nprint(time.process_time() * 1000)"
    return float(subprocess.run([sys.executable, "-I", "-S", "-c", question], check=True, capture_output=True, text=True).stdout)


if __name__ == "__main__":
    print(json.dumps(measure()))

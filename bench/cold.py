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
from pathlib import Path
from typing import Any

from bench.measure import ROOT
from listbackup.backends.aws_client import Aws
from listbackup.backends.table.dynamodb import DynamodbTables
from listbackup.base.clock import SystemClock
from listbackup.base.secret import Secret
from listbackup.bootstrap.declared import declared_tables
from listbackup.services.accounts.key_text import make_key
from listbackup.testing.cloud import INSTALLATION, http_event
from listbackup.testing.emulator import KEY, REGION, Emulator
from listbackup.testing.lambda_runtime import Function, client_folder

TIMES = 5
GOAL_MS = 450  # to the first answer of an HTTP function with one boto3 client
_BEARER = {"authorization": f"Bearer {make_key('test')[1].reveal()}"}  # of a right form, and nobody's: it is looked up
_CASES = (
    ("http system, no client", "http", "listbackup.api.lambda_http.handler", "system", http_event("GET", "/v2/system/health/live")),
    ("http sources, DynamoDB", "http", "listbackup.api.lambda_http.handler", "sources", http_event("GET", "/v2/sources", headers=_BEARER)),
    ("http jobs, DynamoDB", "http", "listbackup.api.lambda_http.handler", "jobs", http_event("GET", "/v2/jobs", headers=_BEARER)),
    ("http data, DynamoDB", "http", "listbackup.api.lambda_http.handler", "data", http_event("GET", "/v2/exports", headers=_BEARER)),
    (
        "http activity, DynamoDB",
        "http",
        "listbackup.api.lambda_http.handler",
        "activity",
        http_event("GET", "/v2/activity", headers=_BEARER),
    ),
    (
        "authorizer, DynamoDB",
        "authorizer",
        "listbackup.api.lambda_authorizer.handler",
        "",
        http_event("GET", "/v2/sources", headers=_BEARER),
    ),
    ("indexer", "indexer", "listbackup.worker.lambda_handlers.index_files", "", {"Records": []}),
)


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
    aws = Aws(REGION, emulator.endpoint, access_key_id=KEY, secret_access_key=Secret(KEY))
    tables = DynamodbTables(aws, "listbackup-test", SystemClock(), create=True)
    for spec in declared_tables():
        tables.open(spec).find("nobody", "here")
    client = client_folder(folder / "client")
    bare = [_cpu("import sys") for _ in range(TIMES)]
    cases = {}
    for title, name, handler, service, event in _CASES:
        environ = {**emulator.environment, **_environ(), "LISTBACKUP_SERVICE": service}
        cases[title] = statistics.median(_first(folder / "out" / name, handler, client, environ, event) for _ in range(TIMES))
    sizes = {
        one.name: round(sum(path.stat().st_size for path in one.rglob("*") if path.is_file()) / 1e6, 1)
        for one in sorted((folder / "out").iterdir())
    }
    return {"cpu_ms": cases, "python_ms": statistics.median(bare), "goal_ms": GOAL_MS, "megabytes": sizes}


def _first(code: Path, handler: str, client: Path, environ: dict[str, str], event: object) -> int:
    with Function(code, handler, client=client, environ=environ) as function:
        answer = function.call(event)
        assert answer.error is None, answer.error
        return answer.cpu_ms


def _environ() -> dict[str, str]:
    queue = "https://queues.example/a.fifo"
    said = {"STAGE": "test", "LISTBACKUP_INSTALLATION": INSTALLATION, "PUBLIC_URL": "https://backup.example.org", "IDENTITY": "builtin"}
    return {**said, "RUN_QUEUE_URL": queue, "ERRAND_QUEUE_URL": queue}


def _cpu(program: str) -> float:
    question = f"import time\n{program}\nprint(time.process_time() * 1000)"
    return float(subprocess.run([sys.executable, "-I", "-S", "-c", question], check=True, capture_output=True, text=True).stdout)


if __name__ == "__main__":
    print(json.dumps(measure()))

"""What a function loads until its first answer: each in a process of its own, asked by somebody who says not who they are, so that AWS is asked nothing.

A package that comes back into these lists is paid for by every cold start: docs/design/cloud.md has the figures.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from listbackup.testing.cloud import INSTALLATION, PUBLIC, http_event

ALWAYS = {  # not needed to say who is let in
    *("numpy", "zstandard", "pyarrow", "xlsxwriter", "yaml", "cbor2"),  # what reads, writes and exports snapshots
    *("webauthn", "joserfc", "argon2", "zxcvbn", "segno", "OpenSSL"),  # how people sign in
    *("boto3", "botocore", "urllib3", "s3transfer"),  # loaded with the first client
    "cryptography",  # what seals and opens
    *(
        "uvicorn",
        "uvloop",
        "websockets",
        "httptools",
        "typer",
        "rich",
        "sqlite3",
    ),  # a server of one's own, the command line, tables on a disk
    *("listbackup.store.store", "listbackup.store.view", "listbackup.processor.backup", "listbackup.connectors.engine.session"),
    "listbackup.services.runs.execution",
    *(
        "listbackup.bootstrap.embedded",
        "listbackup.bootstrap.machine",
        "listbackup.bootstrap.declared",
        "listbackup.cli",
        "listbackup.testing",
    ),
}
SERVER = {"starlette", "mangum", "pydantic", "asyncio", "anyio"}
FIRST = {
    "auth": "/v2/auth/sessions",
    "users": "/v2/users/me",
    "accounts": "/v2/accounts",
    "platforms": "/v2/platforms",
    "integrations": "/v2/integrations",
    "sources": "/v2/sources",
    "jobs": "/v2/jobs",
    "data": "/v2/exports",
    "activity": "/v2/activity",
    "system": "/v2/system/health/live",
}
AWS = {"botocore", "urllib3", "OpenSSL"}  # the last here only: a function's folder has not what makes botocore load it
MAY = {
    "auth": {"webauthn", "joserfc", "argon2", "zxcvbn", "segno", "cryptography", *AWS},
    "users": {"argon2", "cryptography", *AWS},
    "accounts": {"argon2", "cryptography", *AWS},
    "system": {"zstandard"},  # copies of the control plane
}
OTHERS = {  # whole rooms, which a first answer of this service has nothing to do with
    "sources": {"listbackup.services.runs", "listbackup.services.jobs", "listbackup.services.exports"},
    "activity": {"listbackup.services.runs", "listbackup.services.sources", "listbackup.services.connections"},
    "platforms": {"listbackup.services.sources", "listbackup.services.connections"},
}
KEYED = ("auth", "users", "accounts")  # open the installation's own keys, which without credentials for AWS nobody gets

_PROGRAM = """
import json, sys
from {module} import handler
answer = handler({event!r}, None)
print(json.dumps([answer.get("statusCode", answer.get("isAuthorized")), sorted(sys.modules)]), file=sys.stderr)
"""


def first_answer(module: str, event: dict[str, object], service: str = "") -> tuple[object, set[str]]:
    """The status, and everything that was loaded for it."""
    environ = {
        "STAGE": "test",
        "LISTBACKUP_INSTALLATION": INSTALLATION,
        "PUBLIC_URL": PUBLIC,
        "IDENTITY": "builtin",
        "LISTBACKUP_SERVICE": service,
        "RUN_QUEUE_URL": "https://queues.example/a.fifo",
        "ERRAND_QUEUE_URL": "https://queues.example/a.fifo",
    }
    program = _PROGRAM.format(module=module, event=event)
    done = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    status, modules = json.loads(done.stderr.splitlines()[-1])
    return status, set(modules)


@pytest.mark.parametrize("service", FIRST)
def test_a_service_loads_nothing_that_its_first_answer_does_not_need(service: str) -> None:
    status, loaded = first_answer("listbackup.api.lambda_http", http_event("GET", FIRST[service]), service)
    assert status == (200 if service == "system" else 422 if service in KEYED else 401)
    assert sorted(((ALWAYS - MAY.get(service, set())) | OTHERS.get(service, set())) & loaded) == []


@pytest.mark.parametrize(("path", "rooms"), [("/v2/exports", {"exports"}), ("/v2/restores", {"restores"}), ("/v2/erasures", {"erasures"})])
def test_of_a_service_the_room_is_loaded_that_is_asked(path: str, rooms: set[str]) -> None:
    _, loaded = first_answer("listbackup.api.lambda_http", http_event("GET", path), "data")
    modules = {
        "exports": "listbackup.services.exports.routes",
        "erasures": "listbackup.services.erasures.routes",
        "restores": "listbackup.services.data.restore_routes",
        "data": "listbackup.services.data.looking_routes",
        "files": "listbackup.services.files.routes",
    }
    assert {room for room, module in modules.items() if module in loaded} == rooms


def test_the_authorizer_loads_no_server_and_the_indexer_not_even_the_services() -> None:
    said, loaded = first_answer("listbackup.api.lambda_authorizer", http_event("GET", "/v2/sources"))
    assert (said, sorted((ALWAYS | SERVER) & loaded)) == (False, [])
    program = (
        "import sys\nfrom listbackup.worker.lambda_handlers import index_files\nindex_files({'Records': []}, None)\nprint(*sys.modules)"
    )
    environ = {"STAGE": "test", "LISTBACKUP_INSTALLATION": INSTALLATION, "PUBLIC_URL": PUBLIC, "IDENTITY": "builtin"}
    done = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True)
    names = set(done.stdout.splitlines()[-1].split())
    assert sorted((ALWAYS | SERVER) & names) == []
    assert [name for name in names if name.startswith("listbackup.services.")] == []

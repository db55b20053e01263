"""The functions' folders as AWS runs them: a bare Python, AWS's own interface client, nothing of this checkout's environment."""

import fcntl
import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from listbackup.backends.table.dynamodb import DynamodbTables
from listbackup.base.clock import SystemClock
from listbackup.bootstrap.declared import declared_tables
from listbackup.services.accounts.key_text import make_key
from listbackup.testing.cloud import INSTALLATION, http_event
from listbackup.testing.emulator import Emulator
from listbackup.testing.lambda_runtime import Function, client_folder

ROOT = Path(__file__).parents[2]
OUT = ROOT / "build" / "functions-under-test"
SERVICES = ("cognito-idp", "dynamodb", "events", "kms", "s3", "secretsmanager", "sesv2", "sqs", "ssm", "sts")
ENVIRON = {
    "STAGE": "test",
    "LISTBACKUP_INSTALLATION": INSTALLATION,
    "PUBLIC_URL": "https://backup.example.org",
    "IDENTITY": "builtin",
    "RUN_QUEUE_URL": "https://queues.example/runs.fifo",
    "ERRAND_QUEUE_URL": "https://queues.example/errands.fifo",
}


@pytest.fixture(scope="session")
def folders() -> Path:
    """All folders, built for this Python by one of the test processes."""
    OUT.mkdir(parents=True, exist_ok=True)
    newest = max(
        path.stat().st_mtime for path in [*(ROOT / "src").rglob("*.py"), ROOT / "pyproject.toml", ROOT / "tools" / "build_functions.py"]
    )
    with open(OUT / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = OUT / "done"
        if not done.exists() or done.stat().st_mtime < newest:
            python = f"{sys.version_info.major}.{sys.version_info.minor}"
            subprocess.run([sys.executable, ROOT / "tools" / "build_functions.py", OUT, "--python", python], check=True)
            done.touch()
    return OUT


@pytest.fixture(scope="session")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return client_folder(tmp_path_factory.mktemp("client"))


@pytest.mark.parametrize("name", ["http", "authorizer", "worker", "indexer"])
def test_every_module_of_a_function_finds_what_it_imports(folders: Path, name: str) -> None:
    folder = folders / name
    modules = [
        ".".join(path.relative_to(folder).with_suffix("").parts).removesuffix(".__init__")
        for path in sorted((folder / "listbackup").rglob("*.py"))
    ]
    program = f"import sys, importlib; sys.path.insert(0, {str(folder)!r})\nfor name in {modules!r}: importlib.import_module(name)"
    done = subprocess.run([sys.executable, "-I", "-S", "-B", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def test_what_a_face_loads_when_it_is_named_is_carried() -> None:
    """It stands as text behind ``else`` of ``if TYPE_CHECKING``, by names that begin with a dot."""
    tool = runpy.run_path(str(ROOT / "tools" / "build_functions.py"))
    carried = {name: tool["needed_by"](tool["ENTRIES"][name]).modules for name in ("http", "worker", "authorizer")}
    for face, inside in (("data", "orders"), ("runs", "execution"), ("activity", "service")):
        for name in ("http", "worker"):
            assert f"listbackup.services.{face}.{inside}" in carried[name], name
    assert not [module for modules in carried.values() for module in modules if ".." in module]
    assert "listbackup.services.runs.execution" not in carried["authorizer"]


@pytest.mark.parametrize("name", ["http", "worker", "indexer"])
def test_bytecode_is_there_and_is_never_checked_against_the_sources(folders: Path, name: str) -> None:
    """Flags 1: by hash, unchecked (PEP 552). A function cannot write where its code lies."""
    compiled = list((folders / name / "listbackup").rglob("*.pyc"))
    assert len(compiled) == len(list((folders / name / "listbackup").rglob("*.py")))
    assert {path.read_bytes()[4] for path in compiled} == {1}


def test_no_function_carries_what_it_never_imports(folders: Path) -> None:
    assert not [
        path
        for path in ("uvicorn", "pyarrow", "typer", "numpy/tests", "listbackup/cli", "listbackup/testing")
        if (folders / "http" / path).exists()
    ]
    assert sorted(path.name for path in (folders / "indexer").iterdir()) == ["listbackup"]
    assert sum(path.stat().st_size for path in (folders / "http").rglob("*") if path.is_file()) < 250e6  # what AWS takes, unpacked


def test_what_is_compiled_is_for_the_functions_linux_whatever_machine_built_it(folders: Path) -> None:
    """ELF of 64 bits for x86-64, of a glibc that Amazon Linux 2023 has (2.34)."""
    compiled = sorted(folders.glob("*/**/*.so"))
    assert compiled
    for path in compiled:
        said = path.read_bytes()
        assert (said[:5], said[18:20]) == (b"\x7fELF\x02", b"\x3e\x00"), path
        assert max((int(minor) for minor in re.findall(rb"GLIBC_2\.(\d+)", said)), default=0) <= 34, path


def test_what_a_package_needs_there_and_not_here_is_fetched_too(tmp_path: Path) -> None:
    """pip reads the conditions of requirements as of the machine that it runs on, also where it fetches for another."""
    missing = runpy.run_path(str(ROOT / "tools" / "build_functions.py"))["missing"]
    needs = {
        "one": ['two>=1; python_version < "3.13"', 'mac-only; sys_platform == "darwin"', 'more; extra == "more"'],
        "three": ["one", 'linux_only==2; platform_machine == "x86_64" and sys_platform == "linux"'],
    }
    for name, lines in needs.items():
        described = tmp_path / f"{name}-1.0.dist-info" / "METADATA"
        described.parent.mkdir()
        described.write_text("\n".join([f"Name: {name}", *(f"Requires-Dist: {line}" for line in lines), "", "About."]))
    assert missing(tmp_path, "3.12") == ["linux_only==2", "two>=1"]
    assert missing(tmp_path, "3.13") == ["linux_only==2"]


_EVERY_OPERATION = """
import sys, os
sys.path.insert(0, {folder!r})
from botocore.session import Session
session = Session()
session.set_credentials("key", "secret")
for name in os.listdir({folder!r} + "/botocore/data"):
    if "." in name:
        continue
    client = session.create_client(name, region_name="eu-central-1")
    model = client.meta.service_model
    for one in model.operation_names:
        operation = model.operation_model(one)
        (operation.documentation, operation.input_shape, operation.output_shape, operation.context_parameters, operation.error_shapes)
    print(name, len(model.operation_names), client.meta.endpoint_url)
link = session.create_client("s3", region_name="eu-central-1").generate_presigned_url("get_object", Params=dict(Bucket="bucket", Key="key"))
print("link", 1, link.partition("?")[0])
print("loaded", *{{"boto3", "OpenSSL", "s3transfer"}} & set(sys.modules))
"""


@pytest.mark.parametrize("name", ["http", "worker"])
def test_every_client_is_made_from_the_descriptions_that_were_thinned(folders: Path, name: str) -> None:
    program = _EVERY_OPERATION.format(folder=str(folders / name))
    done = subprocess.run([sys.executable, "-I", "-S", "-B", "-c", program], env={}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    said = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines()}
    assert said.pop("loaded") == []
    assert said.pop("link")[1] == "https://bucket.s3.amazonaws.com/key"
    assert sorted(said) == sorted(SERVICES)
    assert said["dynamodb"][1] == "https://dynamodb.eu-central-1.amazonaws.com"
    assert said["sesv2"][1] == "https://email.eu-central-1.amazonaws.com"
    assert min(int(operations) for operations, _ in said.values()) > 10


_FIRST_ANSWER = """
import gc, sys
sys.path.insert(0, {folder!r})
texts = []
def note(event, said):
    if event == "compile" and said[1] == "<string>":
        texts.append(said[0])
sys.addaudithook(note)
from listbackup.api.lambda_http import handler
rested = not gc.isenabled()
print("answer", handler({event!r}, None)["statusCode"], rested and gc.isenabled(), len(texts), texts[:3])
"""


@pytest.mark.parametrize(("service", "path"), [("sources", "/v2/sources"), ("jobs", "/v2/jobs"), ("data", "/v2/exports")])
def test_a_first_answer_compiles_next_to_nothing(folders: Path, service: str, path: str) -> None:
    """Dataclasses write their methods as text: some 1,200 of them, which lie compiled in the folder (base/compiled.py). Named tuples are left.

    And the collector looks for nothing while modules are loaded: a quarter of what is left.
    """
    program = _FIRST_ANSWER.format(folder=str(folders / "http"), event=http_event("GET", path))
    environ = {**ENVIRON, "LISTBACKUP_SERVICE": service}
    done = subprocess.run([sys.executable, "-I", "-S", "-B", "-c", program], env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    status, rested, count, *_ = done.stdout.partition("answer ")[2].split()
    assert (status, rested) == ("401", "True")
    assert int(count) < 100, done.stdout


def test_an_http_function_answers_without_asking_anybody(folders: Path, client: Path) -> None:
    with Function(
        folders / "http", "listbackup.api.lambda_http.handler", client=client, environ={**ENVIRON, "LISTBACKUP_SERVICE": "system"}
    ) as function:
        first = function.call(http_event("GET", "/v2/system/health/live"))
        assert (first.error, first.answer["statusCode"], first.answer["body"]) == (None, 200, '{"status":"live"}')
        assert function.call(http_event("GET", "/v2/system/version")).answer["statusCode"] == 200


def test_an_http_function_and_its_authorizer_look_a_key_up(folders: Path, client: Path, emulator: Emulator) -> None:
    from listbackup.backends.aws_client import Aws

    tables = DynamodbTables(Aws("us-east-1", emulator.endpoint), "listbackup-test", SystemClock(), create=True)
    for spec in declared_tables():
        if spec.name in ("api_keys", "accounts"):
            tables.open(spec).find("nobody", "here")
    environ = {**ENVIRON, **emulator.environment, "LISTBACKUP_SERVICE": "sources"}
    event = http_event("GET", "/v2/sources", headers={"authorization": f"Bearer {make_key('test')[1].reveal()}"})
    with Function(folders / "http", "listbackup.api.lambda_http.handler", client=client, environ=environ) as function:
        answer = function.call(event)
        assert (answer.error, answer.answer["statusCode"]) == (None, 401)
    with Function(folders / "authorizer", "listbackup.api.lambda_authorizer.handler", client=client, environ=environ) as function:
        assert function.call(event).answer == {"isAuthorized": False}


def test_the_watching_functions_write_figures_and_answer(folders: Path, client: Path) -> None:
    kept = {"Records": [{"s3": {"object": {"key": "acc_x/pack", "size": 7}}}]}
    for name, handler, event in (("indexer", "index_files", kept), ("worker", "hear", {"detail": {"name": "run.failed"}})):
        with Function(folders / name, f"listbackup.worker.lambda_handlers.{handler}", client=client, environ=ENVIRON) as function:
            assert function.call(event).error is None


def test_a_function_without_one_of_its_packages_fails_at_once(folders: Path, client: Path, tmp_path: Path) -> None:
    for path in (folders / "http").iterdir():
        if path.name != "msgspec":
            (tmp_path / path.name).symlink_to(path)
    with Function(tmp_path, "listbackup.api.lambda_http.handler", client=client, environ=ENVIRON) as function:
        assert "ImportModuleError" in function.call(http_event("GET", "/v2/system/version")).kind


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "slow.py").write_text(
        "import time\ndef handler(event, context):\n    time.sleep(event)\n    return context.get_remaining_time_in_millis()\n"
    )
    yield tmp_path
    shutil.rmtree(tmp_path)


def test_a_call_that_takes_too_long_is_killed_and_the_next_one_starts_anew(sleeper: Path, client: Path) -> None:
    with Function(sleeper, "slow.handler", client=client, timeout=1.0) as function:
        assert 0 < function.call(0).answer <= 1000
        assert function.call(60).kind == "Sandbox.Timedout"
        assert function.call(0).error is None


def test_a_function_that_is_told_nothing_says_what_is_missing(folders: Path, client: Path) -> None:
    with Function(folders / "http", "listbackup.api.lambda_http.handler", client=client) as function:
        assert "STAGE is not set" in str(function.call(http_event("GET", "/v2/system/version")).error)

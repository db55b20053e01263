"""Objects in a bucket: the same commands, another place."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from botocore.session import Session
from moto.server import ThreadedMotoServer
from tests.e2e.commands.conftest import CommandLine, Saas

BUCKET = "copies"


@pytest.fixture
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    s3 = Session().create_client("s3", endpoint_url=address, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    s3.create_bucket(Bucket=BUCKET)
    yield address
    server.stop()


@pytest.fixture
def on_bucket(cli: CommandLine, endpoint: str) -> CommandLine:
    cli.environment |= {
        "LISTBACKUP_S3_BUCKET": BUCKET,
        "LISTBACKUP_S3_ENDPOINT": endpoint,
        "LISTBACKUP_S3_REGION": "us-east-1",
        "LISTBACKUP_S3_ACCESS_KEY_ID": "a",
        "LISTBACKUP_S3_SECRET_ACCESS_KEY": "b",
    }
    return cli


def test_a_backup_lies_in_the_bucket_and_comes_back_whole(on_bucket: CommandLine, crm: Saas) -> None:
    cli = on_bucket
    (cli.home / "token.txt").write_text(crm.token)
    assert cli("init").code == 0
    assert (
        cli("connect", "demo-crm", "--name", "crm", "--set", f"url={crm.base_url}", "--secret-file", f"token={cli.home / 'token.txt'}").code
        == 0
    )
    assert cli("backup", "crm").code == 0
    assert not [path for path in (cli.data / "objects").rglob("*") if path.is_file()]
    assert cli("check", "crm", "--read-data").code == 0
    assert sorted(cli("show", "crm", "contacts").raw.splitlines()) == sorted(crm.world.truth("contacts").values())


def test_a_bucket_that_is_not_there_is_named_at_once(on_bucket: CommandLine) -> None:
    on_bucket.environment["LISTBACKUP_S3_BUCKET"] = "elsewhere"
    said = on_bucket("init")
    assert said.code != 0
    assert "elsewhere" in said.err
    assert "Traceback" not in said.err


def test_a_lost_machine_comes_back_from_the_bucket_and_the_kit_alone(on_bucket: CommandLine, crm: Saas) -> None:
    """Nothing was set: copies of the control plane lie beside the objects."""
    cli = on_bucket
    cli.connect(crm)
    cli.ok("backup", "crm")
    cli.ok("keys", "recovery-kit", "--to", "kit.txt")
    place = cli.ok("system", "backup", "--json").json["place"]
    crm.world.pass_day(changed=0.05, deleted=0.03, added=0.03)
    cli.ok("backup", "crm")
    shown = cli.ok("show", "crm", "contacts").raw
    for gone in (cli.data, cli.keys, cli.home / ".cache"):
        shutil.rmtree(gone, ignore_errors=True)
    said = cli.ok("system", "restore", "--from", place, "--kit", "kit.txt", "--start", "--json").json
    assert (said["snapshots"], said["newer_than_the_copy"], said["without_objects"]) == (2, 1, [])
    assert cli.ok("show", "crm", "contacts").raw == shown
    cli.ok("backup", "crm")
    cli.ok("check", "crm", "--read-data")

"""``listbackup connect --sign-in``: a browser on the same machine, and a way back over loopback."""

from __future__ import annotations

import json
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from listbackup.testing.saas import Options, Saas, serve

from .conftest import PROGRAM, CommandLine
from .test_remote import serve as serving


@pytest.fixture
def crm() -> Iterator[Saas]:
    with serve(Options(records=60)) as saas:
        saas.sign_in.agree = True
        yield saas


def connect(home: Path, *arguments: str, **server: str) -> subprocess.Popen[bytes]:
    environment = {"HOME": str(home), "LISTBACKUP_ALLOW_LOOPBACK": "1", "LANG": "C.UTF-8", **server}
    if not server and not (home / ".local").exists():
        subprocess.run([*PROGRAM, "init"], env=environment, check=True, capture_output=True)
    command = [*PROGRAM, "connect", "demo-crm", "--sign-in", "--json", *arguments]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)


def agree(process: subprocess.Popen[bytes]) -> tuple[int, list[bytes]]:
    """Follows the printed address as a browser does, to the very end."""
    assert process.stdout is not None
    url = json.loads(process.stdout.readline())["open"]
    with urllib.request.urlopen(url) as page:
        assert b"close this window" in page.read()
    out, _ = process.communicate(timeout=60)
    return process.returncode, out.splitlines()


def test_a_person_agrees_in_a_browser_and_repairs_later(tmp_path: Path, crm: Saas) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text(crm.sign_in.client_secret)
    values = ["--set", f"url={crm.base_url}", "--set", "client_id=demo-app", "--secret-file", f"client_secret={secret}"]
    code, said = agree(connect(tmp_path, "--name", "shop", *values))
    assert code == 0, said
    told = json.loads(b"".join(said))
    assert (told["connection"]["name"], told["connection"]["state"], told["source"]) == ("shop", "ready", "shop")

    # the application and the address are known by now
    code, said = agree(connect(tmp_path, "--name", "shop", "--again"))
    assert code == 0, said
    assert json.loads(b"".join(said))["connection"]["id"] == told["connection"]["id"]


def test_a_person_agrees_here_for_a_connection_that_a_server_keeps(tmp_path: Path, crm: Saas) -> None:
    far = CommandLine(tmp_path / "far")
    far.home.mkdir()
    child, url, key = serving(far)
    try:
        near = tmp_path / "near"
        near.mkdir()
        secret = tmp_path / "secret.txt"
        secret.write_text(crm.sign_in.client_secret)
        server = {"LISTBACKUP_SERVER": url, "LISTBACKUP_API_KEY": key}
        values = ["--set", f"url={crm.base_url}", "--set", "client_id=demo-app", "--secret-file", f"client_secret={secret}"]
        code, said = agree(connect(near, "--name", "shop", *values, **server))
        assert code == 0, said
        told = json.loads(b"".join(said))
        assert (told["connection"]["name"], told["connection"]["state"], told["source"]) == ("shop", "ready", "shop")
        assert not (near / ".local").exists()  # nothing of it is on this machine
        code, said = agree(connect(near, "--name", "shop", "--again", **server))
        assert code == 0, said
        assert json.loads(b"".join(said))["connection"]["id"] == told["connection"]["id"]
    finally:
        child.send_signal(signal.SIGTERM)
        assert child.wait(timeout=30) == 0


def test_a_no_is_said(tmp_path: Path, crm: Saas) -> None:
    crm.sign_in.agree = False
    secret = tmp_path / "secret.txt"
    secret.write_text(crm.sign_in.client_secret)
    process = connect(tmp_path, "--set", f"url={crm.base_url}", "--set", "client_id=demo-app", "--secret-file", f"client_secret={secret}")
    code, _ = agree(process)
    assert code != 0


def test_a_platform_without_a_page_says_so(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path), "LANG": "C.UTF-8"}
    subprocess.run([*PROGRAM, "init"], env=environment, check=True, capture_output=True)
    done = subprocess.run([*PROGRAM, "connect", "wordpress", "--sign-in"], env=environment, capture_output=True, stdin=subprocess.DEVNULL)
    assert b"no sign-in page" in done.stderr

"""``doctor`` names what is wrong with a set-up, with the place and the remedy."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

Doctor = Callable[..., tuple[int, dict[str, Any]]]


PROGRAM = [sys.executable, "-c", "from listbackup.cli.main import main; main()"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("home")
    subprocess.run([*PROGRAM, "init"], env={"HOME": str(made), "PATH": os.environ["PATH"]}, check=True, capture_output=True)
    return made


@pytest.fixture
def doctor(home: Path) -> Doctor:
    def run(*arguments: str, **variables: str) -> tuple[int, dict[str, Any]]:
        env = {"HOME": str(home), "PATH": os.environ["PATH"], "LISTBACKUP_PORT": "0", **variables}
        done = subprocess.run([*PROGRAM, "doctor", "--json", *arguments], env=env, capture_output=True, text=True)
        return done.returncode, {one["subject"]: one for one in json.loads(done.stdout)["findings"]}

    return run


def test_a_sound_set_up_has_nothing_against_it(doctor: Doctor) -> None:
    code, found = doctor()
    assert code == 0, found
    assert {"configuration", "permissions", "key file", "port", "mail", "machine clock", "disk", "trail", "workers"} <= set(found)


def test_a_mistake_in_the_file_is_named_with_its_line(doctor: Doctor, tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text("# ours\nworkers = 2\nprot = 8400\n")
    code, found = doctor("--config", str(file))
    assert code == 2
    assert found["configuration"]["message"] == f"{file}:3: prot is no setting"
    assert found["configuration"]["hint"] == "did you mean port?"


def test_a_port_that_is_taken_is_named_with_another(doctor: Doctor) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, found = doctor(LISTBACKUP_PORT=str(port))
    assert code == 1
    assert f"127.0.0.1:{port} cannot be listened on" in found["port"]["message"]
    assert "--port" in found["port"]["hint"]


def test_a_key_that_others_can_read_is_named_with_the_command(doctor: Doctor, home: Path) -> None:
    (key,) = (home / ".config").rglob("root.key")
    key.chmod(0o644)
    code, found = doctor()
    key.chmod(0o600)
    assert code == 10
    assert (found["key file"]["sound"], found["key file"]["hint"]) == (False, f"chmod go= {key}")


@pytest.mark.parametrize(
    ("security", "told"), [("none", None), ("starttls", "does not speak as it should"), ("tls", "does not speak as it should")]
)
def test_the_mail_server_is_really_spoken_to(doctor: Doctor, security: str, told: str | None) -> None:
    controller = Controller(object(), hostname="127.0.0.1", port=0)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        controller.port = probe.getsockname()[1]
    controller.start()
    try:
        _, found = doctor(LISTBACKUP_MAIL_HOST="127.0.0.1", LISTBACKUP_MAIL_PORT=str(controller.port), LISTBACKUP_MAIL_SECURITY=security)
    finally:
        controller.stop()
    assert found["mail"]["sound"] == (told is None)
    assert (told or "takes letters") in found["mail"]["message"]


def test_a_mail_server_that_is_not_there_is_named(doctor: Doctor) -> None:
    code, found = doctor(LISTBACKUP_MAIL_HOST="127.0.0.1", LISTBACKUP_MAIL_PORT="1")
    assert code == 1
    assert "cannot be reached" in found["mail"]["message"]


def test_a_data_folder_that_was_never_made_still_gets_its_surroundings_looked_at(doctor: Doctor, tmp_path: Path) -> None:
    code, found = doctor(LISTBACKUP_DATA=str(tmp_path / "elsewhere"))
    assert code != 0
    assert not found["data folder"]["sound"]
    assert found["port"]["sound"]

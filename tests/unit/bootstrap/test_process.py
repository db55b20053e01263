"""Who holds a run, and whether they are still there."""

from __future__ import annotations

import subprocess
import sys

from listbackup.bootstrap.process import is_dead, owner_name


def test_this_process_lives() -> None:
    assert not is_dead(owner_name())


def test_a_process_that_was_killed_is_dead() -> None:
    script = "from listbackup.bootstrap.process import owner_name; print(owner_name(), flush=True); input()"
    child = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
    assert child.stdout is not None
    owner = child.stdout.readline().strip()
    assert not is_dead(owner)
    child.kill()
    child.wait()
    assert is_dead(owner)
    child.stdout.close()


def test_another_process_with_the_same_number_is_not_the_one_that_died() -> None:
    host, boot, pid, started = owner_name().split("/")
    assert is_dead(f"{host}/{boot}/{pid}/{int(started) - 1}")
    assert is_dead(f"{host}/another-boot/{pid}/{started}".replace("-", ""))


def test_nothing_is_known_of_other_hosts_and_other_names() -> None:
    _, boot, pid, started = owner_name().split("/")
    assert not is_dead(f"elsewhere/{boot}/{pid}/{started}")
    assert not is_dead("wrk_abc/1")
    assert not is_dead("")

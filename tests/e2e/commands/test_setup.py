"""``listbackup setup`` at the machine: an owner without a server, once."""

from __future__ import annotations

from typing import Any

from listbackup.testing.identity import PASSWORD

CommandLine = Any
ADA = "ada@example.org"


def test_the_first_owner_is_made_at_the_machine_once_and_the_password_is_never_an_argument(cli: CommandLine) -> None:
    cli.ok("init")
    assert cli("setup", "--email", ADA, "--name", "Ada").code == 2  # no terminal, no password
    made = cli.ok("setup", "--email", ADA, "--name", "Ada", "--password-file", "-", "--json", stdin=f"{PASSWORD}\n").json
    assert (made["email"], made["user"][:4], made["account"][:4]) == (ADA, "usr_", "acc_")
    again = cli("setup", "--email", "eve@example.org", "--name", "Eve", "--password-file", "-", "--json", stdin=f"{PASSWORD}\n")
    assert again.error["message"] == "this installation has an owner already"


def test_a_weak_password_makes_nobody(cli: CommandLine) -> None:
    cli.ok("init")
    assert cli("setup", "--email", ADA, "--name", "Ada", "--password-file", "-", stdin="short\n").code == 2
    cli.ok("setup", "--email", ADA, "--name", "Ada", "--password-file", "-", stdin=f"{PASSWORD}\n")

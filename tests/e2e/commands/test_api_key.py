"""API keys by the command line, and what `serve` says where it cannot serve."""

from __future__ import annotations

import socket
from typing import Any

from listbackup.http.permission import BUNDLES, Bundle

CommandLine = Any


def test_a_key_is_shown_once_listed_without_its_text_and_revoked(cli: CommandLine) -> None:
    cli.ok("init")
    made = cli.ok("api-key", "create", "report", "--scope", "read", "--scope", "write", "--days", "30", "--json").json
    assert made["text"].startswith(f"lbk_live_{made['key']['id']}_")
    assert set(made["key"]["scopes"]) == BUNDLES[Bundle.READ] | BUNDLES[Bundle.WRITE]
    listed = cli.ok("api-key", "list", "--json")
    assert listed.json["keys"] == [made["key"]]
    assert made["text"].encode() not in listed.raw
    revoked = cli.ok("api-key", "revoke", made["key"]["id"], "--json").json["key"]
    assert revoked["revoked_at"] is not None


def test_a_wrong_scope_or_an_unknown_key_is_said(cli: CommandLine) -> None:
    cli.ok("init")
    assert cli("api-key", "create", "x", "--scope", "everything").code == 2
    assert cli("api-key", "revoke", "00000000").code == 2


def test_a_port_that_is_taken_is_said(cli: CommandLine) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = cli("serve", "--port", str(taken.getsockname()[1]))
    assert said.code == 2
    assert "stop what listens there" in said.err
    assert "--port" in said.err

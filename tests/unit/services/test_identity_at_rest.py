"""Nothing in the database signs anybody in."""

from __future__ import annotations

import base64
from pathlib import Path

from listbackup.backends.identity.port import SessionKind
from listbackup.backends.table.sqlite import SqliteTables
from listbackup.testing.canary import Canaries
from listbackup.testing.clock import ManualClock
from listbackup.testing.identity import doors

ADA = "ada@example.com"


def test_no_password_token_link_seed_or_code_is_readable_in_the_files(tmp_path: Path, caplog: object) -> None:
    clock, canaries = ManualClock(), Canaries()
    house = doors(SqliteTables(tmp_path / "control.db", clock=clock), clock=clock)
    password, other = canaries.make("password"), canaries.make("new password")
    house.auth.register(ADA, password, house.client)
    secrets = {"verification": house.link(ADA)}
    person = house.auth.verify_email(secrets["verification"], password)
    entered = house.sign_in(ADA, password)
    program = house.sign_in(ADA, password, kind=SessionKind.PROGRAM)
    assert program.tokens is not None
    seed, codes, session = house.enrol(entered)
    house.auth.passwords.forgot(ADA, house.client)
    secrets |= {
        "cookie": entered.cookie or "",
        "refresh": program.tokens.refresh,
        "access": program.tokens.access,
        "reset": house.link(ADA),
    }
    house.auth.passwords.forgot(ADA, house.client)  # this letter is still to be sent
    step = house.auth.login(ADA, password, house.client, kind=SessionKind.BROWSER)
    secrets |= {"step": step.ticket}  # type: ignore[union-attr]
    house.auth.passwords.change(person, session, password, other, house.client)
    secrets |= {f"recovery {number}": code for number, code in enumerate(codes)}
    private = house.identity.access_tokens._believed()[-1].key.as_dict(private=True)["d"]
    raw = {"seed": seed, "signing key": base64.urlsafe_b64decode(str(private) + "==")}
    assert canaries.in_files(tmp_path) == []
    files = b"".join(path.read_bytes() for path in sorted(tmp_path.rglob("*")) if path.is_file())
    assert person.id.encode() in files
    found = [name for name, text in secrets.items() for form in forms(text) if form in files]
    found += [name for name, value in raw.items() for form in (value, value.hex().encode(), base64.b32encode(value)) if form in files]
    assert found == []
    assert canaries.in_texts([repr(entered), repr(program), repr(step), caplog.text]) == []  # type: ignore[attr-defined]
    assert [name for name, text in secrets.items() if text in repr(entered) + repr(program) + repr(step)] == []


def forms(text: str) -> list[bytes]:
    """The secret itself, its secret part (behind ``lbs_<session>_`` or ``lbr_<session>_<counter>_``), and how it may be written."""
    last = text.split("_", 3 if text.startswith("lbr_") else 2)[-1] if text.startswith("lb") else text
    assert len(last) >= 24
    return [text.encode(), last.encode(), last.replace("-", "").encode(), last.encode().hex().encode()]

"""Whom an installation writes to when one of its connections needs a person."""

from __future__ import annotations

from pathlib import Path

from listbackup.base.secret import Secret
from listbackup.bootstrap.embedded import init_system, open_system
from listbackup.bootstrap.settings import Settings

PASSWORD = "seven brass kettles on a shelf"


def test_the_owners_of_the_account_or_of_the_nearest_above_are_written_to(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", keys=tmp_path / "keys", cache=tmp_path / "cache")
    init_system(settings)
    system = open_system(settings)
    try:
        system.accounts.set_first_owner(system.auth.create_verified("ada@example.com", PASSWORD, by="test").id)
        below = system.accounts.create("below", parent=system.enter("test").account, actor="test")
        for scope in (system.enter("test"), system.accounts.enter(below.id, actor="test")):
            values, secrets = {"url": "https://blog.example.org", "username": "ann"}, {"password": Secret("x")}
            made = system.connections.create(scope, platform="wordpress", name="blog", values=values, secrets=secrets, test=False)
            system.connections.mark_needs_reauth(scope, made.id, "the platform refuses the password")
            system.connections.mark_needs_reauth(scope, made.id, "and again")
        system.auth.keep_house()
    finally:
        system.close()
    letters = [file.read_text() for file in sorted((tmp_path / "data" / "mail").glob("**/*")) if file.is_file()]
    assert len(letters) == 2
    assert all("ada@example.com" in letter and "needs to be connected again" in letter for letter in letters)

"""Addresses whose rows were written while ß was read as ss: whoever signed in goes on doing so, and who is spelled so otherwise gets in too."""

from __future__ import annotations

import pytest

from listbackup.backends.identity.builtin import BuiltinIdentity
from listbackup.backends.identity.port import Person, SignInRefused
from listbackup.backends.identity.settings import IdentitySettings
from listbackup.backends.identity.table import PEOPLE
from listbackup.backends.table.memory import MemoryTables
from listbackup.backends.table.port import Delete, Exists, Put
from listbackup.base.errors import Conflict
from listbackup.base.ids import UserId
from listbackup.testing.clock import ManualClock
from listbackup.testing.identity import CHEAP, PASSWORD
from listbackup.testing.keys import memory_scope

OLD, OTHER = "Groß@example.com", "gross@example.com"


class Ground:
    """One person, whose address leads there by its former row."""

    def __init__(self) -> None:
        clock = ManualClock()
        self.tables = MemoryTables(clock)
        self.people = BuiltinIdentity(self.tables, memory_scope("installation"), clock, IdentitySettings(hash_cost=CHEAP)).people
        self.jo = self.add("usr_jo", OLD)
        rows = self.tables.open(PEOPLE)
        row = {"pk": f"email/{OTHER}", "sk": "email", "user": self.jo.id}
        self.tables.transact([(rows, Delete(pk="email/groß@example.com", sk="email", if_=Exists())), (rows, Put(item=row))])

    def add(self, user: str, address: str) -> Person:
        person, writes = self.people.create(UserId(user), address, PASSWORD, is_verified=True)
        self.tables.transact(writes)
        return person

    def rows(self) -> dict[str, object]:
        found = {name: self.tables.open(PEOPLE).find(f"email/{name}@example.com", "email") for name in ("groß", "gross", "jo")}
        return {name: row["user"] for name, row in found.items() if row is not None}


@pytest.fixture
def ground() -> Ground:
    return Ground()


def test_a_former_row_leads_to_its_person_and_to_nobody_else(ground: Ground) -> None:
    assert ground.people.check_password("GROß@example.com", PASSWORD) == ground.jo
    assert ground.people.find_by_email(OTHER) is None
    with pytest.raises(SignInRefused):
        ground.people.check_password(OTHER, PASSWORD)
    with pytest.raises(Conflict):
        ground.people.create(UserId("usr_eve"), "groß@EXAMPLE.com", PASSWORD)


def test_a_former_row_makes_way_for_whoever_is_spelled_so(ground: Ground) -> None:
    other = ground.add("usr_other", OTHER)
    assert (ground.people.find_by_email(OLD), ground.people.find_by_email(OTHER)) == (ground.jo, other)
    assert ground.rows() == {"groß": "usr_jo", "gross": "usr_other"}


def test_a_former_row_goes_when_the_address_changes(ground: Ground) -> None:
    changed, writes = ground.people.change_email(ground.jo, "jo@example.com")
    ground.tables.transact(writes)
    assert ground.rows() == {"jo": "usr_jo"}
    assert ground.people.find_by_email("jo@example.com") == changed

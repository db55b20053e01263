"""What a shredded account leaves in rows that do not begin with its id: keys, roles, invitations, people of its teams."""

from __future__ import annotations

from listbackup.backends.table.port import Table
from listbackup.base.paging import iter_pages
from listbackup.services.accounts.api_keys import ApiKeys
from listbackup.services.accounts.table import INVITATIONS, ROLES_TABLE, TEAM_PEOPLE
from listbackup.services.accounts.teams import Teams
from listbackup.services.desk import Desk


class Forgetting:
    """A remover (see ``Remains``): to be asked before the rows that do begin with the account's id are gone."""

    def __init__(self, desk: Desk, keys: ApiKeys, teams: Teams) -> None:
        self._keys, self._teams = keys, teams
        self._people = desk.tables.open(TEAM_PEOPLE)
        self._listed = (desk.tables.open(ROLES_TABLE), desk.tables.open(INVITATIONS))

    def __call__(self, account: str) -> bool:
        """Removes them; True when nothing is left."""
        self._keys.forget(account)
        for team in list(iter_pages(lambda cursor: self._teams.list(account, cursor=cursor))):
            _empty(self._people, team.id)
        for table in self._listed:
            for row in list(iter_pages(lambda cursor, table=table: table.query(account, index="by_account", cursor=cursor))):  # type: ignore[misc]
                table.delete(str(row["pk"]), str(row["sk"]))
        return True


def _empty(table: Table, partition: str) -> None:
    for row in list(iter_pages(lambda cursor: table.query(partition, cursor=cursor))):
        table.delete(partition, str(row["sk"]))

"""The table of the audit trail."""

from listbackup.backends.table.port import TableSpec

TRAILS = TableSpec(name="trails", about="whose trails there are, of accounts, people and the installation: pk 'trails', sk the owner")
ACTIVITY = TableSpec(
    name="activity",
    about="audit trail: line/<seq> rows chained by hash and sealed, the row head says where the chain ends, the row base behind which line it begins once old lines were left behind, event/<id> rows make hearing twice harmless",
)

"""The table of the audit trail."""

from listbackup.backends.table.port import TableSpec

ACTIVITY = TableSpec(
    name="activity",
    about="audit trail: line/<seq> rows chained by hash, the row head says where the chain ends, event/<id> rows make hearing twice harmless",
)

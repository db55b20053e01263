"""The table of exports."""

from listbackup.backends.table.port import IndexSpec, TableSpec

EXPORTS = TableSpec(
    name="exports",
    indexes=(IndexSpec(name="tended", pk="tended", sk="sk"), IndexSpec(name="by_source", pk="source", sk="sk")),
    about="snapshots as files; those that are being made or still have files are in the index tended; turn/active: who counted them last",
)

"""The table of sources."""

from listbackup.backends.table.port import IndexSpec, TableSpec

SOURCES = TableSpec(
    name="sources",
    indexes=(IndexSpec(name="by_connection", pk="connection", sk="sk"),),
    about="what is chosen to be backed up through a connection; name/… rows hold the names taken",
)

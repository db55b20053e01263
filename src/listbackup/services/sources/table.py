"""The tables of sources."""

from listbackup.backends.table.port import IndexSpec, TableSpec

SOURCES = TableSpec(
    name="sources",
    indexes=(IndexSpec(name="by_connection", pk="connection", sk="sk"),),
    about="what is chosen to be backed up through a connection; name/… rows hold the names taken, trash/… rows what was deleted lately",
)
ERASED_KEYS = TableSpec(
    name="erased_keys", about="digests of records that were erased and are not kept again: pk account/source, sk stream/digest"
)
SOURCE_GROUPS = TableSpec(name="source_groups", about="sources that are looked at together; name/… rows hold the names taken")

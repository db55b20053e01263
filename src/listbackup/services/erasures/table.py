"""The tables of erasures."""

from listbackup.backends.table.port import IndexSpec, TableSpec

ERASURES = TableSpec(
    name="erasures",
    indexes=(IndexSpec(name="active", pk="active", sk="sk"),),
    about="records taken out of every snapshot: counts and times, no names",
)
ERASURE_LISTS = TableSpec(
    name="erasure_lists", about="which records, sealed, until the erasure is over: pk account/erasure, sk order or a number"
)

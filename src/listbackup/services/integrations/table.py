"""The table of integrations."""

from listbackup.backends.table.port import TableSpec

INTEGRATIONS = TableSpec(
    name="integrations",
    about="what an account says of a platform itself: its OAuth application (the secret sealed), whether it may be connected, how fast it is asked",
)

"""The table of the installation itself."""

from listbackup.backends.table.port import TableSpec

INSTALLATION = "installation"
SYSTEM = TableSpec(
    name="system",
    ttl="expires_at",
    about="the installation: maintenance (the switch), beat/… (who works, heard of lately), total/… (what was counted over all processes), circuit (who is looked after next)",
)

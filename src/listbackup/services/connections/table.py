"""The tables of connections."""

from listbackup.backends.table.port import IndexSpec, TableSpec

CONNECTIONS = TableSpec(
    name="connections",
    indexes=(IndexSpec(name="by_platform", pk="platform", sk="sk"),),
    about="an account's credentials for one site of a platform, without the secrets; name/… rows hold the names taken",
)
CONNECTION_SECRETS = TableSpec(
    name="connection_secrets",
    about="the secrets of a connection, sealed for this table, connection, field and row version",
)

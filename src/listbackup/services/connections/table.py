"""The tables of connections."""

from listbackup.backends.table.port import IndexSpec, TableSpec

CONNECTIONS = TableSpec(
    name="connections",
    indexes=(IndexSpec(name="by_platform", pk="platform", sk="sk"),),
    about="an account's credentials for one site of a platform, without the secrets; name/… rows hold the names taken, turn/use/… who came to need one last",
)
RENEWALS = TableSpec(
    name="connection_renewals",
    about="what is known of the refresh token that a connection sent last: its hash (never the token), how often, and whether it was refused",
)
QUOTAS = TableSpec(
    name="connection_quotas",
    about="how many calls went through a connection in the latest hour, day and month, and the quotas that its platform told of",
)
SIGN_INS = TableSpec(
    name="sign_ins",
    ttl="expires_at",
    about="people who were sent to a platform's sign-in page: pk the hash of the state, sealed what is to become of what they bring back",
)
REVOCATIONS = TableSpec(
    name="connection_revocations",
    indexes=(IndexSpec(name="by_due", pk="queue", sk="due"),),
    about="tokens that nobody keeps any more, sealed, and when the platform is told again to forget them",
)
CONNECTION_SECRETS = TableSpec(
    name="connection_secrets",
    about="the secrets of a connection, sealed for this table, connection, field and row version",
)

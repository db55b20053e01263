"""The tables of users."""

from listbackup.backends.table.port import TableSpec

PROFILES = TableSpec(name="profiles", about="what people say of themselves and how they like the screens, by user id")
EMAIL_CHANGES = TableSpec(
    name="email_changes", ttl="ends", about="an address that waits until both the old and the new one have agreed, by user id"
)
REGISTRATIONS = TableSpec(name="registrations", about="the name of the account that somebody asked for and has not got yet, by user id")

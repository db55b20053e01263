"""The tables of hooks."""

from listbackup.backends.table.port import IndexSpec, TableSpec

HOOKS = TableSpec(
    name="hooks",
    indexes=(IndexSpec(name="by_due", pk="queue", sk="due"),),
    about="connections that hear from outside: whose they are, the sealed secret, and when what was heard becomes a run",
)
HOOK_DELIVERIES = TableSpec(
    name="hook_deliveries", ttl="expires_at", about="signatures that were seen, by their hash, for as long as they would be believed again"
)

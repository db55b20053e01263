"""The table of tickets."""

from listbackup.backends.table.port import TableSpec

TICKETS = TableSpec(name="download_tickets", ttl="expires_at", about="one-time downloads: pk the digest of the token, sk 'ticket'")

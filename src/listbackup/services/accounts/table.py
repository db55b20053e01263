"""The table of accounts: ``pk`` is the account's id. The row ``installation/default`` names the account of an embedded installation."""

from listbackup.backends.table.port import IndexSpec, TableSpec

ACCOUNTS = TableSpec(
    name="accounts",
    indexes=(IndexSpec(name="by_parent", pk="parent", sk="pk"),),
    about="customers and how they nest",
)

API_KEYS = TableSpec(
    name="api_keys",
    indexes=(IndexSpec(name="by_account", pk="account", sk="made"),),
    about="API keys: pk the key's own id, sk 'key', the SHA-256 of its text; an attribute names the account",
)

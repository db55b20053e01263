"""The table of accounts: ``pk`` is the account's id. The row ``installation/default`` names the account of an embedded installation."""

from listbackup.backends.table.port import IndexSpec, TableSpec

ACCOUNTS = TableSpec(
    name="accounts",
    indexes=(IndexSpec(name="by_parent", pk="parent", sk="pk"),),
    about="customers and how they nest",
)

"""The tables of accounts and of who belongs to them."""

from listbackup.backends.table.port import IndexSpec, TableSpec

ACCOUNTS = TableSpec(
    name="accounts",
    indexes=(IndexSpec(name="by_parent", pk="parent", sk="pk"), IndexSpec(name="by_trash", pk="trash", sk="shred_at")),
    about="customers and how they nest: pk the account's id, sk 'account'; of a top account also 'shape', which every change of its tree moves on. "
    "installation/default names the account of an embedded installation",
)

API_KEYS = TableSpec(
    name="api_keys",
    indexes=(IndexSpec(name="by_account", pk="account", sk="made"),),
    about="API keys: pk the key's own id, sk 'key', the SHA-256 of its text; an attribute names the account",
)

MEMBERSHIPS = TableSpec(
    name="memberships",
    indexes=(IndexSpec(name="by_user", pk="user", sk="pk"), IndexSpec(name="by_team", pk="team", sk="pk")),
    about="who may do what: pk the account, sk member/<user>, team/<team>, or tally (how many owners and members); pk a user, sk home: where they work",
)

ROLES_TABLE = TableSpec(
    name="roles",
    indexes=(IndexSpec(name="by_account", pk="account", sk="pk"),),
    about="roles that accounts made: pk the role's id, sk 'role'; uses counts who has it; pk an account, sk name/<name>: taken names, and turn/roles (who counted last)",
)

TEAMS = TableSpec(name="teams", about="teams, by account and id, and their names")

TEAM_PEOPLE = TableSpec(
    name="team_people",
    indexes=(IndexSpec(name="by_user", pk="user", sk="pk"),),
    about="who is in a team: pk the team's id, sk the user's",
)

POLICIES = TableSpec(
    name="policies",
    about="what an account asks of itself and all below it, and its limits: pk the account, sk policy or limits; turn/<limit>: who counted last",
)

INVITATIONS = TableSpec(
    name="invitations",
    indexes=(IndexSpec(name="by_account", pk="account", sk="made"),),
    ttl="ends",
    about="who was asked to join: pk the invitation's id, sk 'invitation'; pk token/<SHA-256 of the token>; pk an account, sk email/<hash>: who is asked already, and turn/letters (who counted last)",
)

USAGE = TableSpec(name="usage", about="what each account held when it was last measured, by account")

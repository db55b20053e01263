"""The tables of the built-in identity. Nothing in them signs anybody in."""

from listbackup.backends.table.port import IndexSpec, TableSpec

PEOPLE = TableSpec(
    name="people",
    about="who signs in: <user>/person with the hashed password, <user>/totp with the sealed seed, <user>/recovery/<hash>; email/<address> rows hold the addresses taken",
)
SESSIONS = TableSpec(
    name="sessions",
    indexes=(IndexSpec(name="by_user", pk="user", sk="pk"),),
    ttl="ends",
    about="sessions of browsers and of programs by id, with the hash of the cookie's token; refresh tokens are computed, not kept. Over a user pool: <session>/pool "
    "with the pool's sealed refresh token, origin/<jti> with the session that a family of access tokens belongs to",
)
PASSKEYS = TableSpec(
    name="passkeys",
    indexes=(IndexSpec(name="by_user", pk="user", sk="pk"),),
    about="public keys of passkeys by credential id",
)
TICKETS = TableSpec(
    name="tickets",
    ttl="ends",
    about="what is used once: links sent by mail, second steps of a sign-in, challenges of passkeys; by the hash of the token",
)
TRIES = TableSpec(name="tries", ttl="ends", about="how often a name or an address was tried: password guesses, codes, requests")
SIGNING_KEYS = TableSpec(name="signing_keys", about="sealed private keys of access tokens, and when each was made")

"""``Idempotency-Key``: a creating request that is sent twice creates once, and is answered twice the same.

Kept for a day in a table, so that it holds across restarts. Neither the key nor the body is kept, only digests of them; the answer is kept, which is
why answers that show a secret once are never kept (``Route.repeatable``). Source: the IETF draft "The Idempotency-Key HTTP Header Field".
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from listbackup.backends.table.port import Absent, ConditionFailed, Equals, Scalar, Table, TableSpec
from listbackup.base.clock import Clock
from listbackup.base.errors import Conflict
from listbackup.base.ids import new_id

KEPT_FOR = timedelta(days=1)
UNANSWERED_FOR = timedelta(minutes=10)  # a request whose server died is answered anew after this

REPEATS = TableSpec(name="http_repeats", ttl="expires_at", about="answers to requests with an Idempotency-Key, by account and digest")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An answer that was given before."""

    status: int
    body: bytes
    location: str | None
    etag: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to answer a request that was not answered yet."""

    name: str
    account: str
    mark: str
    fingerprint: str


class Repeats:
    """What was answered to which request."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table, self._clock = table, clock

    def claim(self, account: str, key: str, operation: str, body: bytes) -> Kept | Claim:
        """The answer that was given before, or the right to answer. Raises Conflict for another body, and while the first request is being answered."""
        name = hashlib.sha256(f"{operation}\x00{key}".encode()).hexdigest()
        fingerprint = hashlib.sha256(key.encode() + b"\x00" + operation.encode() + b"\x00" + body).hexdigest()
        claim = Claim(name=name, account=account, mark=new_id("rep", 0), fingerprint=fingerprint)
        item: dict[str, Scalar] = {
            "pk": account,
            "sk": name,
            "fingerprint": fingerprint,
            "mark": claim.mark,
            "expires_at": self._expiry(UNANSWERED_FOR),
        }
        try:
            self._table.put(item, if_=Absent())
        except ConditionFailed:
            return self._answered(account, name, fingerprint)
        return claim

    def answer(self, claim: Claim, kept: Kept) -> None:
        """Keep the answer for whoever sends the request again."""
        item: dict[str, Scalar] = {
            "pk": claim.account,
            "sk": claim.name,
            "fingerprint": claim.fingerprint,
            "mark": claim.mark,
            "expires_at": self._expiry(KEPT_FOR),
            "status": kept.status,
            "body": kept.body,
            "location": kept.location,
            "etag": kept.etag,
        }
        self._table.put(item, if_=Equals({"mark": claim.mark}))

    def give_up(self, claim: Claim) -> None:
        """The request failed: the same key may be tried again."""
        try:
            self._table.delete(claim.account, claim.name, if_=Equals({"mark": claim.mark}))
        except ConditionFailed:  # it took so long that another one has it
            return

    def _answered(self, account: str, name: str, fingerprint: str) -> Kept:
        row = self._table.find(account, name)
        if row is not None and row["fingerprint"] != fingerprint:
            raise Conflict("this Idempotency-Key was used for another request", hint="use a new key for a new request")
        if row is None or row.get("status") is None:
            raise Conflict("a request with this Idempotency-Key is being answered", hint="ask again in a moment")
        status, body = row["status"], row["body"]
        assert isinstance(status, int)
        assert isinstance(body, bytes)
        location, etag = row.get("location"), row.get("etag")
        return Kept(
            status=status, body=body, location=str(location) if location is not None else None, etag=str(etag) if etag is not None else None
        )

    def _expiry(self, after: timedelta) -> int:
        return int((self._clock.now() + after).timestamp())

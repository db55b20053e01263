"""What Mailman does that facts cannot say: a creation answers nothing but a ``Location``, and subscribing must ask and tell nobody."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import msgspec

from listbackup.base.decode import from_json
from listbackup.base.errors import PlatformError, PlatformFault
from listbackup.connectors.engine.connector import Written
from listbackup.connectors.engine.record import Key
from listbackup.connectors.engine.session import ApiSession
from listbackup.connectors.engine.transport import Ask

QUIETLY: dict[str, bool] = {"pre_verified": True, "pre_confirmed": True, "pre_approved": True, "send_welcome_message": False}
MEMBER = ("list_id", "display_name", "role", "delivery_mode")
Fields = dict[str, Any]


class MailmanSession(ApiSession):
    """A connection to one Mailman core."""

    def create(self, stream: str, raw: bytes, *, idempotency_key: str) -> Written:
        """A new record, then read from where Mailman says that it is."""
        fields = from_json(raw, Fields)
        match stream:
            case "members":
                return self._subscribe(fields)
            case "addresses":
                return self._address(fields)
            case "bans":
                self._post(f"/lists/{fields['list_id']}/bans", {"email": fields["email"]})
                return self._now(stream, (str(fields["list_id"]), str(fields["email"])))
            case "lists":
                self._post("/lists", {"fqdn_listname": fields["fqdn_listname"]})
                return self._now(stream, (str(fields["list_id"]),))
            case "domains":
                given = {name: fields[name] for name in ("mail_host", "description") if fields.get(name) is not None}
                self._post("/domains", given)
                return self._now(stream, (str(fields["mail_host"]),))
            case _:
                return super().create(stream, raw, idempotency_key=idempotency_key)

    def update(self, stream: str, key: Key, raw: bytes) -> Written:
        """A member's ``moderation_action`` is absent where the list decides; sent as empty it is so again."""
        if stream == "members":
            fields = from_json(raw, Fields)
            raw = msgspec.json.encode({"moderation_action": "", **fields})
        return super().update(stream, key, raw)

    def _subscribe(self, fields: Fields) -> Written:
        """Subscribed at once: nobody is asked to confirm and nobody gets mail, whatever the list's own settings say."""
        given = {name: fields[name] for name in MEMBER if fields.get(name) is not None}
        where = self._post("/members", {**given, "subscriber": fields["email"], **QUIETLY})
        key: Key = (where.rsplit("/", 1)[-1],)
        if fields.get("moderation_action") is not None:
            body = msgspec.json.encode({"moderation_action": fields["moderation_action"]})
            self.transport.ask(Ask(path=f"/members/{key[0]}", method="PATCH", headers=_JSON, body=body))
        return self._now("members", key)

    def _address(self, fields: Fields) -> Written:
        """An address comes with a user of its own; one that was verified is verified again."""
        self._post("/users", {"email": fields["email"], "display_name": fields.get("display_name") or ""})
        if fields.get("verified_on") is not None:
            self._post(f"/addresses/{fields['email']}/verify", {})
        return self._now("addresses", (str(fields["email"]),))

    def _post(self, path: str, body: Fields) -> str:
        """The path that ``Location`` names, or an empty text where there is none."""
        answer = self.transport.ask(Ask(path=path, method="POST", headers=_JSON, body=msgspec.json.encode(body), repeatable=False))
        return urlsplit(answer.headers.get("location", "")).path

    def _now(self, stream: str, key: Key) -> Written:
        raw = self.fetch(stream, key)
        if raw is None:
            raise PlatformError(f"Mailman made the record of {stream} and does not have it", fault=PlatformFault.BAD_ANSWER)
        return Written(key=key, raw=raw)


_JSON = {"Content-Type": "application/json"}

"""What the fields of the API mean: one word for one thing, wherever it stands; what only one schema has, or means otherwise, stands in ``particular_words``.

A field that describes itself where it is declared (``Field(description=…)``) needs no line here. Units stand in brackets: [bytes], [s], [ms], [UTC].
``tests/house/test_openapi_words.py`` finds a field without words, one whose null is not explained, and a line that nothing needs any more.
"""

from __future__ import annotations

from typing import Any

from listbackup.api.particular_words import PARTICULAR

TAGS: dict[str, str] = {
    "accounts": "Customers and how they nest: the tree, what holds in a branch (policies, limits), what it holds (usage), suspension, trash.",
    "activity": "Who did what, when and from where, in a sealed chain; and what happens now, as a stream of events.",
    "api-keys": "Credentials of programs, each with scopes, a reach and an end.",
    "auth": "Coming in and staying in: registration, sign-in, second factors, passkeys, sessions, tokens.",
    "connections": "An account's credentials for one site of a platform: given as a key or agreed to on a sign-in page, tested, repaired, revoked.",
    "data": "What is kept: snapshots, records at any moment, histories, differences, search, verification, holds, retention.",
    "downloads": "Bytes by one-time ticket.",
    "erasures": "Records taken out of every snapshot, and kept out.",
    "exports": "Snapshots as files, made in the background and kept for some days.",
    "files": "Attachments of records: listed, searched, downloaded.",
    "integrations": "What an account says of a platform: its own OAuth application, whether it may be connected, how fast it is asked.",
    "invitations": "People asked by mail to join an account.",
    "jobs": "Standing orders: when a source is backed up, what is kept, how often a failure is made up for.",
    "platforms": "What can be connected, and what each platform's facts say.",
    "restores": "Records written back: planned, carried out, watched, undone as one.",
    "roles": "Named sets of permissions that accounts make beside the five that every account has.",
    "runs": "Executions: started, watched, cancelled, tried again; their logs; messages that were given up.",
    "sources": "What is backed up through a connection: streams, filters, coverage, groups, trash.",
    "system": "The installation as a whole: health, version, figures, queues, workers, maintenance, copies of itself, housekeeping.",
    "teams": "People who are given roles together.",
    "users": "Oneself, and the people of an account.",
}
GENERAL: dict[str, str] = {
    # what things are called
    "id": "Its id: a prefix for its kind, and 26 characters that sort by when it was made.",
    "name": "What people call it.",
    "label": "What it is called in lists and forms.",
    "account": "The account's id.",
    "connection": "The connection's id.",
    "source": "The source's id.",
    "job": "The job's id; null: started without one.",
    "run": "The run's id.",
    "snapshot": "The snapshot's id.",
    "number": "The snapshot's number within its source, from 1 in order of time.",
    "seq": "Its number in its order, from 1 without a gap.",
    "user": "The person's id.",
    "platform": "The platform's name: `demo-crm`, `wordpress`.",
    "stream": "The stream's name.",
    "record": "The record itself, byte for byte as the platform sent it.",
    "key": "What addresses the record within its stream; the parts of a composite key are joined by `/`.",
    "keys": "Keys of the records.",
    "parts": "The parts of the key as they are: numbers as numbers.",
    "role": "The role's name (`owner`, `admin`, `manager`, `operator`, `viewer`) or the id of one that an account made (`rol_…`).",
    "roles": "Names or ids of roles.",
    "permissions": "Permissions by name: `sources:read`.",
    "scopes": "Permissions, or bundles of them: `read`, `write`, `restore`, `admin`.",
    "email": "An e-mail address.",
    "version": "Grows with every change; the number in the ETag.",
    "kind": "Of which kind it is.",
    "state": "Where it stands.",
    "status": "How it stands, in a word.",
    "action": "What is done with it.",
    "path": "The names that lead to it, joined by `/`.",
    "place": "Where it lies.",
    "url": "Where it is found.",
    # pages
    "items": "What this page holds, in the order of the listing.",
    "next": "The `cursor` of the page behind this one; null: this is the last.",
    "cursor": "`next` of the page before; null or left out: from the beginning.",
    "limit": "How many items a page holds at most.",
    "incomplete": "The time for one page was over before everything was looked at: what is missing lies behind `next`.",
    # instants
    "at": "When it was so [UTC].",
    "created_at": "When it was made [UTC].",
    "made_at": "When it was made [UTC].",
    "began_at": "When it began [UTC].",
    "started_at": "When it began [UTC]; null: it has not yet.",
    "ended_at": "When it was over [UTC]; null: it is not yet.",
    "expires_at": "When it ends by itself [UTC].",
    "measured_at": "When it was measured [UTC].",
    "oldest_at": "The oldest of these instants [UTC].",
    "used_at": "When it was used last, exact to the minute [UTC]; null: never.",
    "proved_at": "When a factor was shown last [UTC]; null where nobody is signed in.",
    "step_up_until": "Until when that proof counts as fresh [UTC]; null where nobody is signed in.",
    "planned_at": "When it was known what would go [UTC]; null: it is still being looked for.",
    "since": "The number of the snapshot that brought it so.",
    "due_at": "When it comes up next [UTC]; null: not by itself.",
    # counts and sizes
    "records": "Records.",
    "sources": "Sources.",
    "snapshots": "Snapshots that can be restored.",
    "connections": "Connections.",
    "members": "People with a role of their own in the account.",
    "sub_accounts": "Accounts directly below.",
    "api_keys": "API keys that are neither revoked nor over.",
    "runs": "Runs there ever were.",
    "attachments": "Attachments.",
    "added": "Records that are new.",
    "changed": "Records that differ.",
    "removed": "Records that are gone.",
    "failed": "How many could not be done.",
    "done": "How many are done.",
    "total": "How many there are in all; null: not known yet.",
    "calls": "Calls to the platform.",
    "sampled": "Records that were looked at.",
    "size_bytes": "As it comes out [bytes].",
    "stored_bytes": "As it lies in the store, compressed and sealed [bytes].",
    "received_bytes": "Received from the platform, attachments too [bytes].",
    "written_bytes": "Written into the store [bytes].",
    "took_ms": "How long that took [ms].",
    "share": "A part of one, 0 to 1.",
    "columns": "Columns of a table, in order; empty for a format without.",
    # words about how it went
    "reason": "Why, as a stable word.",
    "message": "One sentence for people; null: there is nothing to say.",
    "hint": "What to do about it; null: nothing is known that would help.",
    "problem": "What went wrong, in a sentence; null: nothing.",
    "problems": "What went wrong.",
    "reasons": "The rules that say so.",
    "objections": "What speaks against doing it without a person's word; empty: nothing.",
    "decisions": "What becomes of each snapshot, oldest first.",
    "result": "What came of it; null: it is not over.",
    "about": "A few facts about it.",
    "working": "Whether this server is at it now.",
    "quota": "What is left of our share of the platform's calls; null: no share is known.",
    # what is said of platforms and streams
    "streams": "Streams, by name or one by one.",
    "methods": "The ways in: `key`, `oauth`.",
    "values": "What was asked for and is no secret, by field.",
    "secrets": "What was asked for and is secret, by field; never shown again.",
    "required": "Whether nothing can be done without it.",
    "secret": "Whether it is never shown.",
    "help": "What to write there.",
    "parent": "The stream whose records it belongs to; null: none.",
    "append_only": "Its records are added and never changed.",
    "restore": "What can be written back; empty: nothing.",
    "side_effects": "What writing to it sets off on the platform: mails, web hooks.",
    "files": "Files.",
    "file": "The file.",
    "has_attachments": "Whether its records have files.",
    "content_type": "The media type that the platform told; null: none.",
    # retention, timetables
    "retention": "Which snapshots stay.",
    "retry": "How often a run that failed for a reason that may pass is tried again.",
    "timetable": "When it runs by itself.",
    "hourly": "Of so many hours that have a snapshot, the last one stays.",
    "daily": "Of so many days that have a snapshot, the last one stays.",
    "weekly": "Of so many weeks that have a snapshot, the last one stays.",
    "monthly": "Of so many months that have a snapshot, the last one stays.",
    "yearly": "Of so many years that have a snapshot, the last one stays.",
    "last": "So many of the newest stay.",
    "within": "All of this time stay (ISO 8601 duration); null: this is no rule.",
    "min_good": "So many good ones stay whatever the rules say.",
    "time_zone": "In which zone hours, days and months are counted: `Europe/Berlin`.",
    "cron": "Minute, hour, day, month, weekday; null: it goes by `every`.",
    "every": "Every so often, aligned to the clock (ISO 8601 duration of whole minutes); null: it goes by `cron`.",
    "quiet": "Hours in which the platform is left alone.",
    "start": "From this time of day on, `HH:MM`.",
    "end": "Until this time of day, `HH:MM`; earlier than `start`: of the next day.",
    "days": "Weekdays, 0 (Monday) to 6.",
    "attempts": "How often at most.",
    "wait": "How long before the first time, each next after twice as long (ISO 8601 duration).",
    "full_every": "Everything is listed anew at least so often, to find what platforms do not tell (ISO 8601 duration).",
    "filters": "Which records are kept, by stream; all conditions of a stream must hold.",
    "field": "A path of object keys joined by dots: `address.city`.",
    "op": "How the field is compared.",
    "value": "What it is compared with, or what stands there.",
    "overwrite": "Also write over edits on the platform that no snapshot holds.",
    "keep_out": "The records stay out when the platform still has them.",
    "raw_cells": "Cells that a spreadsheet would compute go out as they are.",
    "format": "How the files are written.",
    "text": "The text.",
    # who and how somebody came in
    "actor": "Who: `usr_…`, `key_…`, `cli`, `scheduler`, `worker`.",
    "address": "The address that it came from, as this server saw it.",
    "agent": "What the program called itself.",
    "own": "What was said here itself.",
    "effective": "What holds when everything above is counted.",
    "enabled": "Whether it may be connected.",
    "client_id": "The client id of the OAuth application.",
    "calls_per_second": "So many calls a second at most.",
    "csrf_token": "To be sent as `X-CSRF-Token` with everything but GET; null where no cookie was given.",
    "session": "The session; null where nobody is signed in.",
    "has_mfa": "Whether a password alone does not sign this person in.",
    "factors": "Factors: `password`, `totp`, `recovery_code`, `passkey`.",
    "refresh_token": "Good once for new tokens.",
    "theme": "Light, dark, or as the device has it.",
    "on": "Whether it is on.",
    "full": "Everything is listed, so that every deletion is found.",
    "suspended_why": "Why it is suspended, for its people; null: it is not.",
    "shred_at": "When its keys are destroyed [UTC]; null: it is not in the trash.",
    "snapshot_number": "The snapshot's number within its source; null: it made none.",
    "conflicts": "Records that were edited on the platform since, and are left alone.",
    "kept": "Whether it stays.",
    "more": "There is more than is shown.",
    "fields": "The top fields that differ.",
}
_STAYS, _UNSAID = " Null or left out: it stays as it is.", " Null or left out: nothing is said of it."


def describe(schemas: dict[str, Any], asked: frozenset[str]) -> None:
    """Gives every field of these schemas its words, where it has none of its own; ``asked`` are those of bodies, in which null is left out."""
    for name, schema in schemas.items():
        for field, one in schema.get("properties", {}).items():
            said = own_words(one) or words_of(name, field)
            if said is None:
                continue
            if name in asked and is_nullable(one) and "null" not in said.lower():
                said += _STAYS if name.startswith("Changed") else _UNSAID
            one["description"] = said


def words_of(schema: str, field: str) -> str | None:
    """What is said here of a field."""
    return PARTICULAR.get(f"{schema}.{field}") or GENERAL.get(field)


def own_words(schema: dict[str, Any]) -> str | None:
    """What a field says of itself; of one that may be null it stands one deeper."""
    parts = [schema, *schema.get("anyOf", ())]
    return next((str(part["description"]) for part in parts if "description" in part), None)


def is_nullable(schema: dict[str, Any]) -> bool:
    """Whether null may stand there."""
    return any(part.get("type") == "null" for part in schema.get("anyOf", ()))


__all__ = ["GENERAL", "PARTICULAR", "TAGS", "describe", "is_nullable", "own_words", "words_of"]

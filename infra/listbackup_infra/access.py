"""Which function may touch what. One table of it, so that it can be read at once.

The groups follow the rooms of ``services/``; the deployed journey proves that nobody lacks anything, ``tests/infra/test_rights.py`` that nobody may do what the door
forbids: only the functions that hear events write the trail, only the worker and errands write objects, only the tick looks through whole tables.
"""

from __future__ import annotations

from collections.abc import Mapping

from listbackup_infra.rights import Objects, Queues, Rights
from listbackup_infra.tables import all_tables


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# every function that people or programs speak to: who calls, in which account, with which role, and was it asked before
_DOOR_READS = _names("account_keys accounts memberships people policies roles signing_keys system team_people teams")
_DOOR_WRITES = _names("api_keys http_repeats leases outbox sessions tries")
_IDENTITY = _names("passkeys people sessions signing_keys tickets tries")
_LETTERS = _names("post")
_TREE = _names("accounts invitations memberships policies roles team_people teams usage")
_CONNECTED = _names("connection_quotas connection_renewals connection_revocations connection_secrets connections")
_WHAT_RUNS = _names("jobs run_logs run_months run_progress runs schedule")
_KEPT = _names("erased_keys erasure_lists erasures exports prunes restore_ids restore_journal restores store_roots verifications")
_TRAIL = _names("activity trails")
ALL = frozenset(all_tables())


def door(reads: str = "", writes: frozenset[str] | str = frozenset(), **more: object) -> Rights:
    """What every function needs that people or programs speak to, and these tables beside it. A service of its own file calls this there."""
    written = _DOOR_WRITES | (_names(writes) if isinstance(writes, str) else writes)
    return Rights(
        reads=(_DOOR_READS | _names(reads)) - written, writes=written, keys=True, people=True, **more
    )  # keys: sessions are recognised by one


HTTP: Mapping[str, Rights] = {
    "auth": door(
        "integrations",
        _IDENTITY | _LETTERS | _TREE | _names("account_keys devices email_changes profiles registrations"),
        mail=True,
    ),
    "users": door("", _IDENTITY | _LETTERS | _names("devices email_changes memberships profiles team_people"), mail=True),
    "accounts": door(
        "connections jobs profiles run_months runs sources store_roots trails",
        _IDENTITY | _LETTERS | _TREE | _names("account_keys"),
        mail=True,
    ),
    "platforms": door("integrations"),
    "integrations": door(
        "jobs sources",
        _CONNECTED | _LETTERS | _names("hook_deliveries hooks integrations runs schedule sign_ins"),
        mail=True,
        queues=Queues.SEND_RUNS,
    ),
    "sources": door(
        "erased_keys exports integrations runs store_roots",
        _CONNECTED | _names("jobs schedule source_groups sources"),
        objects=Objects.READ,
    ),
    "jobs": door(
        "connection_quotas connections sources store_roots", _WHAT_RUNS | _names("sources"), queues=Queues.SEND_RUNS | Queues.SEE_DEAD_RUNS
    ),
    "data": door(
        "connection_secrets connections integrations jobs run_progress runs",
        _KEPT | _CONNECTED | _names("download_tickets errands jobs sources"),
        objects=Objects.READ | Objects.WRITE | Objects.DELETE,  # exports are taken away, statements of erasures written
        queues=Queues.SEND_ERRANDS,
        hands_out=True,
    ),
    "activity": door("activity jobs run_progress runs sources trails", hands_out=True),
    "system": door("jobs post run_progress runs schedule", "system", objects=Objects.READ, queues=Queues.SEE_DEAD_RUNS | Queues.SEND_RUNS),
}

AUTHORIZER = door()

_HANDS = _CONNECTED | _KEPT | _WHAT_RUNS | _names("errands leases outbox post sources system")

WORKER = Rights(
    reads=_names("account_keys accounts integrations policies profiles memberships people team_people roles teams hooks"),
    writes=_HANDS,
    objects=Objects.READ | Objects.WRITE | Objects.DELETE,
    queues=Queues.TAKE_RUNS,
    keys=True,
)
ERRAND = Rights(
    reads=_names("account_keys accounts integrations policies profiles memberships people team_people roles teams hooks"),
    writes=_HANDS | _names("download_tickets"),
    objects=Objects.READ | Objects.WRITE | Objects.DELETE,
    queues=Queues.TAKE_ERRANDS,
    keys=True,
)
TICK = Rights(  # the house is kept here: whatever goes with age or with its account goes from everywhere
    writes=ALL,
    forgets=True,
    objects=Objects.READ | Objects.WRITE | Objects.DELETE,
    queues=Queues.SEND_RUNS | Queues.SEND_ERRANDS | Queues.SEE_DEAD_RUNS,
    keys=True,
    people=True,
    mail=True,
    tells=True,  # what waits in the outbox
)
PUBLISHER = Rights(  # hears what every room recorded: it writes the trail, the letters to owners, the sums of runs
    reads=_names("accounts connections integrations jobs memberships people policies profiles roles runs sources team_people teams"),
    writes=_TRAIL | _LETTERS | _names("account_keys invitations leases outbox run_months system tickets usage"),
    keys=True,
    people=True,
    mail=True,
    tells=True,
    hears_outbox=True,
)
LISTENER = Rights()  # counts what it is told
INDEXER = Rights()  # the same

"""What dead letters offer over HTTP: an account its own, the operator everybody's."""

from __future__ import annotations

from collections.abc import Sequence

from listbackup.http.paging import Listing, listing
from listbackup.http.permission import Permission
from listbackup.services.accounts import Accounts
from listbackup.services.operators import ensure_operator
from listbackup.services.routing import Answer, Call, Route, changing, reading
from listbackup.services.runs.dead_letters import DeadLetters, DeadRun
from listbackup.services.runs.schema import DeadParameters, Redrive


def dead_letter_routes(letters: DeadLetters, accounts: Accounts) -> Sequence[Route]:
    """Messages that were given up."""

    def list_dead(call: Call) -> Answer:
        asked = call.query(DeadParameters)
        if asked.everybody:
            ensure_operator(accounts, call)
        page = letters.list(call.scope, everybody=asked.everybody, limit=asked.limit, cursor=asked.cursor)
        return Answer(content=listing(page, lambda letter: letter))

    def redrive(call: Call) -> Answer:
        asked = call.body(Redrive)
        if asked.everybody:
            ensure_operator(accounts, call)
        sent = letters.redrive(call.scope, asked.ids, everybody=asked.everybody)
        return Answer(content=Listing(items=sent))

    return [
        reading(
            "/queues/dead-letters",
            "Runs that were given up because they took their workers down",
            Permission.RUNS_READ,
            list_dead,
            Listing[DeadRun],
            DeadParameters,
        ),
        changing(
            "POST",
            "/queues/dead-letters/redrive",
            "Send dead letters anew: these, or all",
            Permission.RUNS_EXECUTE,
            redrive,
            body=Redrive,
            answers=Listing[DeadRun],
        ),
    ]

"""What erasures offer over HTTP: a plan first, then a person's word."""

from __future__ import annotations

from collections.abc import Sequence

from listbackup.http.paging import Listing, PageParameters, listing
from listbackup.http.permission import Permission
from listbackup.services.data import Errander
from listbackup.services.erasures.model import Erasure, Order
from listbackup.services.erasures.schema import (
    ErasedParameters,
    ErasureShown,
    NamedShown,
    NewErasure,
    show_erasure,
    show_named,
)
from listbackup.services.erasures.service import Erasures
from listbackup.services.routing import Answer, Call, Route, changing, reading

_ONE = "/erasures/{erasure:ers}"


def routes(erasures: Erasures, errands: Errander) -> Sequence[Route]:
    """The account's erasures."""

    def shown(erasure: Erasure) -> ErasureShown:
        return show_erasure(erasure, working=errands.is_active(erasure.id))

    def ask(call: Call) -> Answer:
        asked = call.body(NewErasure)
        records = tuple((one.source, one.stream, one.key) for one in asked.records)
        order = Order(text=asked.text, records=records, sources=asked.sources)
        made = erasures.ask(call.scope, order, reason=asked.reason, keep_out=asked.keep_out)
        erasures.send(call.scope, made, errands)
        return Answer(content=show_erasure(made, working=True), location=f"/v2/erasures/{made.id}")

    def list_all(call: Call) -> Answer:
        page = call.query(PageParameters)
        return Answer(content=listing(erasures.list(call.scope, limit=page.limit, cursor=page.cursor), shown))

    def get(call: Call) -> Answer:
        return Answer(content=shown(erasures.get(call.scope, call.path["erasure"])))

    def records(call: Call) -> Answer:
        page = erasures.records(call.scope, call.path["erasure"], cursor=call.query(ErasedParameters).cursor)
        return Answer(content=listing(page, show_named))

    def execute(call: Call) -> Answer:
        ordered = erasures.order(call.scope, call.path["erasure"])
        erasures.send(call.scope, ordered, errands)
        return Answer(content=show_erasure(ordered, working=True), location=f"/v2/erasures/{ordered.id}")

    def cancel(call: Call) -> Answer:
        return Answer(content=shown(erasures.cancel(call.scope, call.path["erasure"])))

    act = Permission.ERASURES_EXECUTE
    return [
        changing(
            "POST",
            "/erasures",
            "Look for what is to be erased; nothing is touched",
            act,
            ask,
            body=NewErasure,
            answers=ErasureShown,
            status=202,
            repeatable=True,
        ),
        reading("/erasures", "Erasures, newest first", act, list_all, Listing[ErasureShown], PageParameters),
        reading(_ONE, "An erasure and what it found", act, get, ErasureShown),
        reading(f"{_ONE}/records", "The records that would go", act, records, Listing[NamedShown], ErasedParameters),
        changing(
            "POST",
            f"{_ONE}/execute",
            "Erase what was found from every snapshot, for good",
            act,
            execute,
            answers=ErasureShown,
            status=202,
            step_up=True,
        ),
        changing("POST", f"{_ONE}/cancel", "Give an erasure up before it is carried out", act, cancel, answers=ErasureShown),
    ]

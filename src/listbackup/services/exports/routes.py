"""What exports offer over HTTP: made in the background, fetched by ticket."""

from __future__ import annotations

from collections.abc import Sequence

from listbackup.http.paging import Listing, listing
from listbackup.http.permission import Permission
from listbackup.services.data import Data, Errander
from listbackup.services.downloads import DownloadUrl, show_ticket
from listbackup.services.exports.model import Export
from listbackup.services.exports.schema import ExportListParameters, ExportPart, ExportShown, NewExport, show_export
from listbackup.services.exports.service import Exports
from listbackup.services.routing import Answer, Call, Route, changing, reading

_ONE = "/exports/{export:exp}"


def routes(exports: Exports, data: Data, errands: Errander) -> Sequence[Route]:
    """The account's exports."""

    def shown(export: Export) -> ExportShown:
        return show_export(export, working=errands.is_active(export.id))

    def start(call: Call) -> Answer:
        asked = call.body(NewExport)
        source, snapshot = data.place(call.scope, asked.snapshot)
        made = exports.start(
            call.scope,
            source.id,
            snapshot,
            form=asked.format,
            streams=asked.streams,
            fields=asked.fields,
            condition=asked.filter,
            attachments=asked.attachments,
            raw_cells=asked.raw_cells,
            keep_for=asked.keep_for,
        )
        exports.send(call.scope, made, errands)
        return Answer(content=show_export(made, working=True), location=f"/v2/exports/{made.id}")

    def list_all(call: Call) -> Answer:
        asked = call.query(ExportListParameters)
        source = next(iter(data.sources_of(call.scope, asked.source))).id if asked.source is not None else None
        return Answer(content=listing(exports.list(call.scope, source=source, limit=asked.limit, cursor=asked.cursor), shown))

    def get(call: Call) -> Answer:
        return Answer(content=shown(exports.get(call.scope, call.path["export"])))

    def cancel(call: Call) -> Answer:
        return Answer(content=shown(exports.cancel(call.scope, call.path["export"])))

    def delete(call: Call) -> Answer:
        exports.delete(call.scope, call.path["export"])
        return Answer()

    def offer(call: Call) -> Answer:
        return Answer(content=show_ticket(exports.offer(call.scope, call.path["export"], call.body(ExportPart).file)))

    read, make = Permission.SNAPSHOTS_READ, Permission.EXPORTS_CREATE
    return [
        changing(
            "POST",
            "/exports",
            "Make files of a snapshot, in the background",
            make,
            start,
            body=NewExport,
            answers=ExportShown,
            status=202,
            repeatable=True,
            step_up=True,
        ),
        reading("/exports", "Exports, newest first", read, list_all, Listing[ExportShown], ExportListParameters),
        reading(_ONE, "An export and how far it is", read, get, ExportShown),
        changing("POST", f"{_ONE}/cancel", "Give an export up", make, cancel, answers=ExportShown),
        changing("DELETE", _ONE, "Forget an export and its files", make, delete, status=204),
        changing(
            "POST",
            f"{_ONE}/download-url",
            "A link to a file of an export, or to all as a ZIP, good once and for 5 minutes",
            make,
            offer,
            body=ExportPart,
            answers=DownloadUrl,
            status=201,
        ),
    ]

"""``listbackup export``: a snapshot as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from listbackup.cli.looking import find_snapshot
from listbackup.cli.options import Json, SourceAt
from listbackup.cli.output import size
from listbackup.cli.shell import shell
from listbackup.processor.export import ExportedFile
from listbackup.services.data import ExportFormat, ExportOptions, field_paths, parse_filter


def command(
    context: typer.Context,
    source: SourceAt,
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="A new or empty folder.", show_default=False)],
    form: Annotated[ExportFormat, typer.Option("--format", "-f", help="What the files are.")] = ExportFormat.JSONL,
    streams: Annotated[list[str] | None, typer.Option("--stream", "-s", help="Only this stream; repeat for more.")] = None,
    fields: Annotated[
        str | None, typer.Option("--fields", metavar="NAMES", help="Only these fields, joined by commas: id,name,owner.email.")
    ] = None,
    condition: Annotated[
        str | None, typer.Option("--filter", metavar="CONDITION", help="Only records for which it holds: status=open,amount>100.")
    ] = None,
    files: Annotated[bool, typer.Option("--files", help="Also the files that belong to records.")] = False,
    raw_cells: Annotated[bool, typer.Option("--raw-cells", help="Leave spreadsheet formulas in CSV and XLSX cells as they are.")] = False,
    as_json: Json = False,
) -> None:
    """Write a snapshot into a folder: one file a stream, and a manifest with their SHA-256.

    jsonl holds the exact bytes of each record; csv, parquet and xlsx hold tables. What a spreadsheet would take for a formula is made harmless.

    \b
    Examples:
      listbackup export crm --to everything
      listbackup export crm@2026-11-01 --format csv --stream contacts --to sheet
      listbackup export crm --stream deals --filter 'status=open,amount>100' --fields id,name,amount --format csv --to deals
      listbackup export blog --format parquet --files --to lake
    """
    with shell(context, as_json) as sh:
        name, snapshot = find_snapshot(sh, source)
        options = ExportOptions(
            streams=tuple(streams) if streams else None,
            raw_cells=raw_cells,
            attachments=files,
            fields=field_paths([name.strip() for name in fields.split(",")]) if fields else (),
            filters=parse_filter(condition) if condition else (),
        )
        with sh.out.progress("writing") as bars:
            result = sh.house.data.export(
                sh.scope,
                name,
                to,
                form=form,
                seq=snapshot.seq,
                options=options,
                listen=lambda at: bars.update(at.stream, at.records, at.total),
            )
        written = [_file_document(one) for one in result.files]
        sh.out.document({"source": name, "snapshot": snapshot.seq, "folder": str(to), "records": result.records, "files": written})
        rows = [(one.name, one.records, one.columns or None, size(one.size_bytes)) for one in result.files]
        sh.out.table(("FILE", ">RECORDS", ">COLUMNS", ">SIZE"), rows, empty="Nothing to write.")
        sh.out.good(f"wrote {result.records:,} records of snapshot {snapshot.seq} to {to}")
        changed = sum(one.neutralised_cells for one in result.files)
        if changed:
            sh.out.warn(f"{changed:,} cells began like a formula and got a leading ' (--raw-cells leaves them)")


def _file_document(one: ExportedFile) -> dict[str, object]:
    return {
        "name": one.name,
        "stream": one.stream,
        "records": one.records,
        "bytes": one.size_bytes,
        "sha256": one.sha256,
        "columns": one.columns,
    }

"""``listbackup source``: what is chosen to be backed up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from listbackup.base.errors import InputError, NotFound
from listbackup.base.paging import iter_pages
from listbackup.cli.durations import parse_duration
from listbackup.cli.options import Json, SourceName, complete_connections
from listbackup.cli.shell import Shell, shell
from listbackup.connectors.engine.connector import StreamInfo
from listbackup.services.sources import Filter, FilterOp, Source

app = typer.Typer(help="Choose what is backed up: add, list, discover, test and remove sources.", no_args_is_help=True)

_OPERATORS = ("!=", "=", ">", "<", "~")


@app.command()
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What to call it.", show_default=False)],
    connection: Annotated[
        str | None,
        typer.Option(
            "--connection", "-c", help="Through which connection (else the one of the same name).", autocompletion=complete_connections
        ),
    ] = None,
    streams: Annotated[list[str] | None, typer.Option("--stream", "-s", help="Only this stream; repeat for more (else all).")] = None,
    where: Annotated[
        list[str] | None, typer.Option("--where", metavar="CONDITION", help="Keep only records where stream.field=value.")
    ] = None,
    full_every: Annotated[str, typer.Option("--full-every", metavar="TIME", help="List everything anew this often.")] = "7d",
    as_json: Json = False,
) -> None:
    """Make a source: some or all streams of a connection, kept together.

    Conditions compare a field with =, !=, >, < or ~ (contains); all of a stream's conditions must hold.

    \b
    Examples:
      listbackup source add crm
      listbackup source add customers --connection crm --stream contacts --stream companies
      listbackup source add open-deals -c crm -s deals --where 'deals.stage!=lost'
    """
    with shell(context, as_json) as sh:
        source = sh.house.sources.create(
            sh.scope,
            connection=connection or name,
            name=name,
            streams=streams or None,
            filters=parse_conditions(where or []),
            full_every=parse_duration(full_every, field="full-every"),
        )
        sh.out.document({"source": _describe(sh, source)})
        sh.out.good(f"made the source {source.name} ({_streams(source)})")
        sh.out.say(f"\nBack it up with:\n  listbackup backup {source.name}")


@app.command("list")
def list_(context: typer.Context, as_json: Json = False) -> None:
    """List the sources.

    \b
    Examples:
      listbackup source list
    """
    with shell(context, as_json, on_full_disk=True) as sh:
        sources = list(iter_pages(lambda cursor: sh.house.sources.list(sh.scope, cursor=cursor)))
        described = [_describe(sh, source) for source in sources]
        sh.out.document({"sources": described})
        rows = [
            (one["name"], one["connection"], _streams(source), source.created_at) for one, source in zip(described, sources, strict=True)
        ]
        sh.out.table(("SOURCE", "CONNECTION", "STREAMS", "SINCE"), rows, empty="No source yet: listbackup connect PLATFORM")


@app.command()
def discover(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="SOURCE|CONNECTION", help="Whose streams.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Ask the platform which streams there are, and what restore can do with each.

    \b
    Examples:
      listbackup source discover crm
    """
    with shell(context, as_json) as sh:
        infos = _discover(sh, name)
        sh.out.document({"streams": [_describe_stream(info) for info in infos]})
        rows = [(info.name, info.label, "+".join(info.key), info.cursor, info.attachments, _restorable(info)) for info in infos]
        sh.out.table(("STREAM", "WHAT", "KEY", "CHANGED BY", "FILES", "RESTORE"), rows, empty="The platform shows no stream.")


@app.command()
def test(context: typer.Context, name: SourceName, as_json: Json = False) -> None:
    """Ask the platform whether the source's credentials work.

    \b
    Examples:
      listbackup source test crm
    """
    with shell(context, as_json) as sh:
        site = sh.house.sources.test(sh.scope, name)
        sh.out.document({"source": name, "site": site.name, "url": site.url})
        sh.out.good(f"{name} works: {site.name}")


@app.command()
def remove(context: typer.Context, name: SourceName, as_json: Json = False) -> None:
    """Stop backing a source up and put it into the trash with its snapshots; after 7 days both are gone for good.

    \b
    Examples:
      listbackup source remove crm
    """
    with shell(context, as_json, on_full_disk=True) as sh:
        removed = sh.house.sources.delete(sh.scope, name)
        sh.out.document({"removed": removed.name, "id": removed.id})
        sh.out.good(f"{removed.name} rests in the trash for 7 days; take it back with:  listbackup source restore {removed.id}")


@app.command()
def restore(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="The source's id, or the name that it had.")],
    name: Annotated[str | None, typer.Option("--name", help="Another name, where its own was taken meanwhile.")] = None,
    as_json: Json = False,
) -> None:
    """Take a source out of the trash, with its snapshots.

    \b
    Examples:
      listbackup source restore crm
      listbackup source restore crm --name old-crm
    """
    with shell(context, as_json) as sh:
        again = sh.house.sources.take_back(sh.scope, source, name=name)
        sh.out.document({"restored": again.name, "id": again.id})
        sh.out.good(f"{again.name} is back, with its snapshots")


def parse_conditions(texts: Sequence[str]) -> dict[str, list[Filter]]:
    """Filters by stream of ``stream.field=value`` texts. Raises InputError."""
    filters: dict[str, list[Filter]] = {}
    for text in texts:
        operator = next((one for one in _OPERATORS if one in text), None)
        left, _, value = text.partition(operator) if operator else (text, "", "")
        stream, dot, field = left.strip().partition(".")
        if operator is None or not dot or not stream or not field:
            raise InputError(f"{text!r} is no condition", field="where", hint="write stream.field=value; operators: = != > < ~")
        filters.setdefault(stream, []).append(Filter(field=field, op=FilterOp(operator), value=value.strip()))
    return filters


def _discover(sh: Shell, name: str) -> Sequence[StreamInfo]:
    try:
        return sh.house.sources.discover(sh.scope, name)
    except NotFound:
        return sh.house.sources.streams_of(sh.scope, name)


def _describe(sh: Shell, source: Source) -> dict[str, object]:
    return {
        "id": source.id,
        "name": source.name,
        "connection": sh.house.connections.get(sh.scope, source.connection).name,
        "streams": list(source.streams) if source.streams is not None else None,
        "filters": {stream: [f"{one.field}{one.op.value}{one.value}" for one in some] for stream, some in source.filters.items()},
        "full_every_seconds": int(source.full_every.total_seconds()),
        "created_at": source.created_at,
    }


def _describe_stream(info: StreamInfo) -> dict[str, object]:
    return {
        "name": info.name,
        "label": info.label,
        "key": list(info.key),
        "cursor": info.cursor,
        "parent": info.parent,
        "attachments": info.attachments,
        "restore": {
            "create": info.restore.create,
            "update": info.restore.update,
            "delete": info.restore.delete,
            "keeps_id": info.restore.keeps_id,
        },
    }


def _streams(source: Source) -> str:
    return "all streams" if source.streams is None else ", ".join(source.streams)


def _restorable(info: StreamInfo) -> str:
    can = [word for word, able in (("create", info.restore.create), ("update", info.restore.update)) if able]
    return ", ".join(can) or "export only"

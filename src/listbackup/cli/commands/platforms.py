"""``listbackup platforms``: what can be connected, and what each asks for."""

from __future__ import annotations

from typing import Annotated

import typer

from listbackup.cli.house import PlatformsRoom
from listbackup.cli.options import Json, complete_platforms
from listbackup.cli.shell import Shell, shell
from listbackup.connectors.engine.connector import ConfigField


def command(
    context: typer.Context,
    platform: Annotated[
        str | None, typer.Argument(metavar="[PLATFORM]", help="Show what this one asks for.", autocompletion=complete_platforms)
    ] = None,
    as_json: Json = False,
) -> None:
    """List the platforms that can be connected, or what one of them asks for.

    \b
    Examples:
      listbackup platforms
      listbackup platforms wordpress
    """
    with shell(context, as_json) as sh:
        if platform is None:
            _all(sh)
        else:
            _one(sh, platform)


def _all(sh: Shell) -> None:
    platforms = _room(sh).list()
    sh.out.document({"platforms": [{"name": one.name, "label": one.label, "fields": [_field(f) for f in one.config]} for one in platforms]})
    rows = [(one.name, one.label, ", ".join(field.name for field in one.config if field.required)) for one in platforms]
    sh.out.table(("PLATFORM", "NAME", "ASKS FOR"), rows)


def _one(sh: Shell, name: str) -> None:
    platform = _room(sh).get(name)
    sh.out.document({"name": platform.name, "label": platform.label, "fields": [_field(field) for field in platform.config]})
    rows = [(field.name, field.label, _kind(field), field.default, field.help) for field in platform.config]
    sh.out.table(("FIELD", "WHAT", "KIND", "DEFAULT", "HELP"), rows)
    sh.out.say(f"\n  listbackup connect {platform.name}")


def _room(sh: Shell) -> PlatformsRoom:
    """Needs no data folder."""
    if sh.settings.server is not None:
        return sh.house.platforms
    from listbackup.bootstrap.catalogue import all_connectors
    from listbackup.services.platforms import Platforms

    return Platforms(all_connectors())


def _field(field: ConfigField) -> dict[str, object]:
    return {
        "name": field.name,
        "label": field.label,
        "secret": field.secret,
        "required": field.required,
        "default": field.default,
        "help": field.help,
    }


def _kind(field: ConfigField) -> str:
    return ("secret" if field.secret else "text") + ("" if field.required else ", optional")

"""The command line: finds the command, loads only what it needs, and turns whatever went wrong into one sentence and one number.

``COMMANDS`` lists every command with the module it lives in. Only the modules that the arguments name are imported, so that ``listbackup show`` starts
quickly; help, completion and mistyped names load them all.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import UnsupportedOperation
from pathlib import Path
from typing import Annotated

import typer

from listbackup import __version__
from listbackup.base.errors import InputError, Interrupted, ListBackupError, OutOfSpace, PlatformError, PlatformFault
from listbackup.bootstrap.settings import LOOPBACK_HINT, is_completing
from listbackup.cli.exit_codes import REMEDIES, ExitCode, exit_code
from listbackup.cli.help_words import plain_help
from listbackup.cli.output import NobodyReads, Output
from listbackup.cli.quick import quicken
from listbackup.cli.shell import Chosen


@dataclass(frozen=True, slots=True)
class Entry:
    """A command: its name, its module under ``cli/commands`` and the part of the help it stands in."""

    name: str
    module: str
    panel: str


_BEGIN, _BACK_UP, _LOOK, _GIVE_BACK, _KEEP, _SERVE, _PROOF = "Begin", "Back up", "Look", "Give back", "Keep", "Serve", "Proof"
_PEOPLE = "People"

COMMANDS: tuple[Entry, ...] = (
    Entry("init", "init", _BEGIN),
    Entry("platforms", "platforms", _BEGIN),
    Entry("connect", "connect", _BEGIN),
    Entry("connections", "connections", _BEGIN),
    Entry("source", "source", _BEGIN),
    Entry("backup", "backup", _BACK_UP),
    Entry("schedule", "schedule", _BACK_UP),
    Entry("worker", "worker", _BACK_UP),
    Entry("setup", "setup", _SERVE),
    Entry("serve", "serve", _SERVE),
    Entry("maintenance", "maintenance", _SERVE),
    Entry("dead-letters", "dead_letters", _SERVE),
    Entry("api-key", "api_key", _SERVE),
    Entry("deploy", "deploy", _SERVE),
    Entry("destroy", "destroy", _SERVE),
    Entry("runs", "runs", _BACK_UP),
    Entry("activity", "activity", _LOOK),
    Entry("snapshots", "snapshots", _LOOK),
    Entry("ls", "ls", _LOOK),
    Entry("show", "show", _LOOK),
    Entry("history", "history", _LOOK),
    Entry("diff", "diff", _LOOK),
    Entry("search", "search", _LOOK),
    Entry("export", "export", _GIVE_BACK),
    Entry("restore", "restore", _GIVE_BACK),
    Entry("undo", "undo", _GIVE_BACK),
    Entry("hold", "hold", _KEEP),
    Entry("release", "release", _KEEP),
    Entry("expire", "expire", _KEEP),
    Entry("prune", "prune", _KEEP),
    Entry("keys", "keys", _KEEP),
    Entry("system", "system", _KEEP),
    Entry("check", "check", _PROOF),
    Entry("verify", "verify", _PROOF),
    Entry("doctor", "doctor", _PROOF),
    Entry("demo", "demo", _PROOF),
    Entry("login", "login", _BEGIN),
    Entry("logout", "logout", _BEGIN),
    Entry("account", "account", _PEOPLE),
    Entry("member", "member", _PEOPLE),
    Entry("invite", "invite", _PEOPLE),
    Entry("completion", "completion", _BEGIN),
)

_ABOUT = """Independent, encrypted, point-in-time copies of the data you hold in SaaS platforms, and the way back.

\b
  listbackup init                       make a data folder
  listbackup connect wordpress          give an address and a key
  listbackup backup blog                take a snapshot
  listbackup show blog@yesterday posts  read it as it was
"""


def run(arguments: Sequence[str]) -> int:
    """Does what the arguments ask; the process's exit code. Never raises, never shows a traceback."""
    out = Output(as_json="--json" in arguments)
    try:
        code = _call(arguments)
        sys.stdout.flush()
    except ListBackupError as error:
        return _tell(out, error)
    except typer.Abort:
        return _tell(out, Interrupted("stopped: nothing was answered"))
    except (NobodyReads, BrokenPipeError):  # `listbackup show … | head`
        _hush()
        return ExitCode.OK
    except typer.TyperException as error:
        if not error.format_message():  # no words at all: the help was printed
            return ExitCode.INPUT
        return _tell(out, _usage(error))
    except KeyboardInterrupt:
        return _tell(out, Interrupted("stopped"))
    except OSError as error:
        return _unwritten(out, error)
    except Exception as error:  # noqa: BLE001  the command line's main is one of the three places that may
        return _unexpected(out, error)
    return code


def build(arguments: Sequence[str] = ()) -> typer.Typer:
    """The application with the commands that the arguments can mean; all of them when the first word is not one."""
    app = typer.Typer(
        help=_ABOUT,
        no_args_is_help=True,
        add_completion=is_completing(),
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
    )
    app.callback()(_globals)
    for entry in _meant(arguments):
        module = importlib.import_module(f"listbackup.cli.commands.{entry.module}")
        if hasattr(module, "app"):
            app.add_typer(module.app, name=entry.name, rich_help_panel=entry.panel)
        else:
            app.command(entry.name, rich_help_panel=entry.panel)(module.command)
    return app


def _version(asked: bool) -> None:
    if asked:
        print(f"listbackup {__version__}")  # noqa: T201
        raise typer.Exit


def _globals(
    context: typer.Context,
    data: Annotated[Path | None, typer.Option("--data", metavar="DIR", help="The data folder (else LISTBACKUP_DATA).")] = None,
    server: Annotated[
        str | None, typer.Option("--server", metavar="URL", help="Work through this server instead (else LISTBACKUP_SERVER).")
    ] = None,
    account: Annotated[
        str | None, typer.Option("--account", metavar="ACCOUNT", help="With a server: in this account (else LISTBACKUP_ACCOUNT).")
    ] = None,
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.", callback=_version, is_eager=True)] = False,  # noqa: ARG001  its callback prints it
) -> None:
    if data is not None and server is not None:
        raise InputError("--data and --server exclude each other", hint="a data folder is worked on here, a server's there")
    context.obj = Chosen(data=data, server=server, account=account)


def _meant(arguments: Sequence[str]) -> Sequence[Entry]:
    words = iter(arguments)
    for word in words:
        if word in ("--data", "--server", "--account"):
            next(words, None)
        elif not word.startswith("-"):
            return [entry for entry in COMMANDS if entry.name == word] or COMMANDS
        elif word == "--version":
            return ()
        elif word in ("-h", "--help"):
            return COMMANDS
    return COMMANDS


def _call(arguments: Sequence[str]) -> int:
    quicken()
    plain_help()
    command = typer.main.get_command(build(arguments))

    code = command.main(args=list(arguments), prog_name="listbackup", standalone_mode=False)
    return code if isinstance(code, int) else ExitCode.OK


def _tell(out: Output, error: ListBackupError) -> int:
    code = exit_code(error)
    if isinstance(error, PlatformError) and error.fault is PlatformFault.EGRESS_DENIED:
        error.hint = f"{error.hint or 'the address is not public'}; {LOOPBACK_HINT}"
    error.hint = error.hint or REMEDIES.get(code)
    out.error(error, code=int(code), kind=code.name.lower())
    return int(code)


def _usage(error: typer.TyperException) -> InputError:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "listbackup"
    return InputError(error.format_message().strip(), hint=f"see:  {path} --help")


def _unwritten(out: Output, error: OSError) -> int:
    """A disk without room is no surprise, also where it is the one that our output goes to: `listbackup show … > FILE`."""
    from listbackup.backends.os_errors import backend_error

    told = backend_error(error, "write", str(error.filename or "what was asked for"))
    if not isinstance(told, OutOfSpace):
        return _unexpected(out, error)
    _hush()
    return _tell(out, told)


def _unexpected(out: Output, error: Exception) -> int:
    from listbackup.cli.mishap import record_mishap

    where = record_mishap(error)
    told = ListBackupError(f"something went wrong that should not have ({type(error).__name__})", hint=f"the details are in {where}")
    return _tell(out, told)


def _hush() -> None:
    """Nobody reads any more, or nothing more can be written: keep the interpreter from complaining about it at exit."""
    import os

    with suppress(UnsupportedOperation):  # a stream that is no file is nothing to the interpreter
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

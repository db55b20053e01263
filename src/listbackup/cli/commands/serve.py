"""``listbackup serve``: the HTTP API, the scheduler and the hands that carry out runs, in one process."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Annotated

import typer

from listbackup.base.errors import BackendError, InputError
from listbackup.bootstrap.embedded import init_system, is_folder
from listbackup.cli.options import Json
from listbackup.cli.shell import Shell, shell
from listbackup.cli.stopping import stop_on_signals
from listbackup.http.permission import Bundle

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from listbackup.worker.main import Worker


def command(
    context: typer.Context,
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0: any that is free.")] = 8400,
    workers: Annotated[
        int | None, typer.Option("--workers", "-w", min=1, max=64, help="How many runs at once (else LISTBACKUP_WORKERS).")
    ] = None,
    allow_host: Annotated[list[str] | None, typer.Option("--allow-host", metavar="NAME", help="Also answer for this name; repeat.")] = None,
    allow_origin: Annotated[
        list[str] | None, typer.Option("--allow-origin", metavar="URL", help="Pages of this origin may call the API; repeat.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Serve the HTTP API, and back up what is due, until told to stop.

    The first start makes the data folder and prints an API key for its owner, once. Ctrl-C or SIGTERM stop it at a checkpoint; what it was doing goes
    on with the next start. It speaks plain HTTP: put a proxy with TLS before it where anybody else can listen.

    \b
    Examples:
      listbackup serve
      listbackup serve --port 9000 --workers 4
      listbackup serve --host 0.0.0.0 --allow-host backup.example.org
    """
    with shell(context, as_json, local=True) as sh:
        _check_extra()
        if not is_folder(sh.settings):
            init_system(sh.settings, clock=sh.clock)
        _first_key(sh)
        _first_owner(sh)
        _serve(sh, host, port, workers or sh.settings.workers, tuple(allow_host or ()), tuple(allow_origin or ()))


def _check_extra() -> None:
    try:
        import pydantic  # noqa: F401
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise InputError(
            f"serving needs the server extra ({error.name} is not installed)", hint="install it:  pip install 'listbackup[server]'"
        ) from None


def _first_key(sh: Shell) -> None:
    """The owner's key, made when the account never had one."""
    if sh.system.api_keys.list(sh.scope, limit=1).items:
        return
    new = sh.system.api_keys.create(sh.scope, name="owner", permissions=tuple(Bundle))
    if sh.out.as_json:
        sh.out.line({"first_api_key": new.text.reveal(), "expires_at": new.key.expires_at})
    sh.out.say("An API key for you, shown this once (other keys: listbackup api-key create):")
    sh.out.say(f"  {new.text.reveal()}")
    sh.out.stdout.flush()


def _first_owner(sh: Shell) -> None:
    """While nobody owns the installation: the code that makes somebody its owner. Whoever reads this stands at the machine."""
    code = sh.system.registration.new_setup_code()
    if code is None:
        return
    if sh.out.as_json:
        sh.out.line({"setup_code": code})
    sh.out.say("Nobody owns this installation yet. To become its owner, give this code to POST /v2/auth/setup, within a day, once:")
    sh.out.say(f"  {code}")
    sh.out.stdout.flush()


def _serve(sh: Shell, host: str, port: int, hands: int, hosts: tuple[str, ...], origins: tuple[str, ...]) -> None:
    from listbackup.api.app import ApiSettings, application
    from listbackup.api.door import LOCAL
    from listbackup.cli.commands.worker import free_dead
    from listbackup.services.data import Errands
    from listbackup.worker.main import Worker, WorkerParts

    system, errands = sh.system, Errands()
    own = () if host in ("0.0.0.0", "::") else (host,)  # noqa: S104  compared, not bound
    app = application(system, errands, ApiSettings(hosts=(*LOCAL, *own, *hosts), origins=origins))
    free_dead(sh)
    parts = WorkerParts(
        accounts=system.accounts,
        jobs=system.jobs,
        runs=system.runs,
        queue=system.queue,
        clock=system.clock,
        chores=(system.auth.keep_house, system.hooks.tick),
    )
    worker = Worker(parts, hands=hands)
    working = threading.Thread(target=worker.run, name="worker")
    with stop_on_signals("stopping at the next checkpoint; again stops at once"):
        try:
            _listen(sh, app, host, port, working)
        finally:
            _stop(worker, working)
            errands.stop()


def _stop(worker: Worker, working: threading.Thread) -> None:
    worker.stop()
    if working.ident is not None:
        working.join()


def _listen(sh: Shell, app: ASGIApp, host: str, port: int, working: threading.Thread) -> None:
    """Until SIGINT or SIGTERM; requests that are being answered have ten seconds to end."""
    import socket

    import uvicorn

    config = uvicorn.Config(app, log_config=None, access_log=False, server_header=False, date_header=True, timeout_graceful_shutdown=10)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named, or asyncio leaves Nagle on: 40 ms an answer
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)  # who reads the address below may connect at once
    except OSError as error:
        listener.close()
        raise BackendError(f"{host}:{port} cannot be listened on: {error.strerror}", hint="choose another with --port") from None
    bound = listener.getsockname()[1]
    shown = f"[{host}]" if ":" in host else host
    if sh.out.as_json:
        sh.out.line({"url": f"http://{shown}:{bound}/v2"})
    sh.out.say(f"serving http://{shown}:{bound}/v2 from {sh.system.folder.data}; Ctrl-C stops at a checkpoint")
    sh.out.stdout.flush()
    working.start()
    server = uvicorn.Server(config)
    server.run(sockets=[listener])

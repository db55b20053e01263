"""``listbackup serve``: the HTTP API, the scheduler and the hands that carry out runs, in one process."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from typing import Annotated

import typer

from listbackup.base.errors import InputError
from listbackup.bootstrap.embedded import init_system, is_folder
from listbackup.cli.extras import need_server
from listbackup.cli.options import Json
from listbackup.cli.shell import Shell, shell
from listbackup.cli.stopping import stop_on_signals
from listbackup.http.permission import Bundle


def command(
    context: typer.Context,
    host: Annotated[str | None, typer.Option("--host", help="The address to listen on (else 127.0.0.1).")] = None,
    port: Annotated[int | None, typer.Option("--port", help="0: any that is free (else 8400).")] = None,
    data_dir: Annotated[
        Path | None, typer.Option("--data-dir", metavar="DIR", help="The data folder, as --data before the command.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", metavar="FILE", help="The configuration file (else LISTBACKUP_CONFIG).")
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", "-w", help="How many runs at once; 0: only the API, workers run elsewhere.")
    ] = None,
    max_requests: Annotated[int | None, typer.Option("--max-requests", help="How many requests are answered at once.")] = None,
    s3_bucket: Annotated[
        str | None, typer.Option("--s3-bucket", metavar="NAME", help="At the first start: keep objects in this bucket.")
    ] = None,
    s3_endpoint: Annotated[
        str | None, typer.Option("--s3-endpoint", metavar="URL", help="At the first start: the bucket's service.")
    ] = None,
    allow_host: Annotated[list[str] | None, typer.Option("--allow-host", metavar="NAME", help="Also answer for this name; repeat.")] = None,
    allow_origin: Annotated[
        list[str] | None, typer.Option("--allow-origin", metavar="URL", help="Pages of this origin may call the API; repeat.")
    ] = None,
    proxy: Annotated[
        list[str] | None, typer.Option("--proxy", metavar="ADDRESS", help="Believe this proxy's X-Forwarded-For and -Proto; repeat.")
    ] = None,
    log_stderr: Annotated[bool, typer.Option("--log-stderr", help="Write the log's lines to standard error too.")] = False,
    as_json: Json = False,
) -> None:
    """Serve the HTTP API, and back up what is due, until told to stop.

    The first start makes the data folder and prints an API key for its owner, once. Ctrl-C or SIGTERM stop it at a checkpoint; what it was doing goes
    on with the next start. It speaks plain HTTP: put a proxy with TLS before it where anybody else can listen. Options win over LISTBACKUP_… variables,
    these over the configuration file; docs/guides/self-host.md lists them all.

    \b
    Examples:
      listbackup serve
      listbackup serve --port 9000 --workers 4
      listbackup serve --config /etc/listbackup.toml --log-stderr
      listbackup serve --host 0.0.0.0 --allow-host backup.example.org --proxy 10.0.0.2
    """
    if workers is not None and not 0 <= workers <= 64:
        raise InputError(f"--workers is '{workers}'; it is a number from 0 to 64", field="workers")
    flags = {
        "HOST": host,
        "PORT": _text(port),
        "DATA": _text(data_dir),
        "WORKERS": _text(workers or None),
        "MAX_REQUESTS": _text(max_requests),
        "S3_BUCKET": s3_bucket,
        "S3_ENDPOINT": s3_endpoint,
        "HOSTS": ",".join(allow_host or ()),
        "ORIGINS": ",".join(allow_origin or ()),
        "PROXIES": ",".join(proxy or ()),
        "LOG_STDERR": "1" if log_stderr else None,
    }
    said = {name: word for name, word in flags.items() if word}
    with shell(context, as_json, local=True, flags=said, config=config) as sh:
        need_server("serving")
        listener = _listen(sh)
        try:
            if not is_folder(sh.settings):
                init_system(sh.settings, clock=sh.clock)
            _first_key(sh)
            _first_owner(sh)
            _serve(sh, listener, hands=0 if workers == 0 else sh.settings.workers)
        finally:
            listener.close()


def _text(value: object | None) -> str | None:
    return str(value) if value is not None else None


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
    sh.out.say(
        "Nobody owns this installation yet. To become its owner, open it in a browser (or POST /v2/auth/setup) with this code, within a day, once:"
    )
    sh.out.say(f"  {code}")
    sh.out.stdout.flush()


def _listen(sh: Shell) -> socket.socket:
    """First of all: a port that is taken is said before anything is made."""
    from listbackup.api.server import listen

    return listen(sh.settings.serve.host, sh.settings.serve.port)


def _serve(sh: Shell, listener: socket.socket, *, hands: int) -> None:
    from listbackup.api.app import ApiSettings, application
    from listbackup.api.door import LOCAL
    from listbackup.api.pages import built
    from listbackup.api.server import run
    from listbackup.cli.commands.worker import free_dead, make_worker
    from listbackup.services.data import Errands

    system, errands, serve = sh.system, Errands(), sh.settings.serve
    own = () if serve.host in ("0.0.0.0", "::") else (serve.host,)  # noqa: S104  compared, not bound
    settings = ApiSettings(hosts=(*LOCAL, *own, *serve.hosts), origins=serve.origins, max_requests=serve.max_requests)
    app = application(system, errands, settings, built())
    worker = make_worker(sh, hands, errands=errands) if hands else None
    if worker is not None:
        free_dead(sh)
    working = threading.Thread(target=worker.run, name="worker") if worker is not None else None

    def ending() -> None:
        """Nothing new begins, what goes on comes to a checkpoint, and who listens is told that it is over."""
        if worker is not None:
            worker.stop()
        system.feed.close()

    with stop_on_signals("stopping at the next checkpoint; again stops at once") as is_over:
        try:
            _say_where(sh, listener)
            if working is not None:
                working.start()
            run(app, listener, ending=ending, is_over=is_over, proxies=serve.proxies)
        finally:
            ending()
            if working is not None and working.ident is not None:
                working.join()
            errands.stop()


def _say_where(sh: Shell, listener: socket.socket) -> None:
    host, port = sh.settings.serve.host, listener.getsockname()[1]
    shown = f"[{host}]" if ":" in host else host
    if sh.out.as_json:
        sh.out.line({"url": f"http://{shown}:{port}/v2"})
    sh.out.say(f"serving http://{shown}:{port}/v2 from {sh.system.folder.data}; Ctrl-C stops at a checkpoint")
    sh.out.stdout.flush()

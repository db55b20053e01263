"""What ``doctor`` asks of the machine around the data folder: configuration, key file, port, mail server, clock. Each answer that is not sound says
what to do about it."""

from __future__ import annotations

import http.client
import json
import os
import smtplib
import socket
import ssl
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from listbackup.bootstrap.settings import MailSettings, ServeSettings, Settings
from listbackup.cli.exit_codes import ExitCode
from listbackup.cli.findings import Finding

PATIENCE_SECONDS = 5.0
_QUICK_SECONDS = 2.0  # for a neighbour on this machine
_ODD = timedelta(minutes=2)
_WRITTEN = datetime(2026, 1, 1, tzinfo=UTC)  # this program is not older


def key_file(folder: Path, root_file: Path) -> Finding:
    """Whether the root key is there and its owner's alone."""
    for path in (root_file.parent, root_file):
        try:
            mode = stat.S_IMODE(os.stat(path).st_mode)
        except OSError as error:
            hint = "put the key back from its copy or the recovery kit: docs/runbooks/lost-key.md"
            return Finding(subject="key file", message=f"{path} cannot be looked at: {error.strerror}", code=ExitCode.KEY, hint=hint)
        if mode & 0o077:
            message = f"{path} can be read or written by others (mode {mode:04o})"
            return Finding(subject="key file", message=message, code=ExitCode.KEY, hint=f"chmod go= {path}")
    if os.stat(root_file).st_dev == os.stat(folder).st_dev and folder in root_file.parents:
        return Finding(
            subject="key file",
            message=f"{root_file} lies inside the data folder",
            code=ExitCode.KEY,
            hint="point LISTBACKUP_KEYS elsewhere",
        )
    return Finding(subject="key file", message=f"{root_file}, its owner's alone")


def writable(folder: Path) -> Finding:
    """Whether this user may write where data is kept."""
    blocked = next(
        (path for path in (folder, folder / "tables.db", folder / "logs") if path.exists() and not os.access(path, os.W_OK)), None
    )
    if blocked is not None:
        hint = "run as the owner of the data folder, or give it to this user:  chown -R"
        return Finding(subject="permissions", message=f"{blocked} cannot be written by this user", code=ExitCode.INPUT, hint=hint)
    return Finding(subject="permissions", message="this user may write where data is kept")


def port(serve: ServeSettings) -> Finding:
    """Whether ``listbackup serve`` could listen, or does already."""
    shown = f"{serve.host}:{serve.port}"
    if serve.port == 0:
        return Finding(subject="port", message="any that is free")
    try:
        with socket.socket(socket.AF_INET6 if ":" in serve.host else socket.AF_INET, socket.SOCK_STREAM) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((serve.host, serve.port))
        return Finding(subject="port", message=f"{shown} is free")
    except (OSError, UnicodeError) as error:
        if _is_ours(serve):
            return Finding(subject="port", message=f"ListBackup answers on {shown}")
        why = getattr(error, "strerror", None) or str(error)
        hint = "stop what listens there, or choose another:  listbackup serve --port 8401  (LISTBACKUP_PORT)"
        return Finding(subject="port", message=f"{shown} cannot be listened on: {why}", code=ExitCode.FAILED, hint=hint)


def mail(settings: MailSettings | None, folder: Path) -> Finding:
    """Whether letters could be handed in; none is sent."""
    if settings is None:
        return Finding(
            subject="mail", message=f"no mail server: letters are written into {folder / 'mail'} (LISTBACKUP_MAIL_HOST names one)"
        )
    try:
        with _smtp(settings) as server:
            if settings.password is not None:
                server.login(settings.user, settings.password.reveal())
            server.noop()
    except smtplib.SMTPAuthenticationError:
        return _no_mail(settings, "refuses the user or the password", "correct LISTBACKUP_MAIL_USER and LISTBACKUP_MAIL_PASSWORD")
    except ssl.SSLCertVerificationError as error:
        return _no_mail(
            settings, f"shows a certificate that does not hold: {error.verify_message}", "use the name that is in the certificate"
        )
    except (smtplib.SMTPException, ssl.SSLError):
        return _no_mail(settings, "does not speak as it should", "LISTBACKUP_MAIL_SECURITY is starttls (port 587), tls (465) or none (25)")
    except OSError as error:
        why = error.strerror or type(error).__name__
        return _no_mail(settings, f"cannot be reached: {why}", "correct LISTBACKUP_MAIL_HOST and LISTBACKUP_MAIL_PORT")
    return Finding(subject="mail", message=f"{settings.host}:{settings.port} takes letters")


def machine_clock(folder: Path, now: datetime) -> Finding:
    """Whether the clock is possible at all, and agrees with that of the disk."""
    if now < _WRITTEN:
        return Finding(
            subject="machine clock", message=f"it cannot be {now:%Y-%m-%d}", code=ExitCode.FAILED, hint="set the machine's clock"
        )
    trial = folder / ".clock"
    try:
        trial.write_bytes(b"")
        touched = datetime.fromtimestamp(trial.stat().st_mtime, UTC)
    except OSError:
        return Finding(subject="machine clock", message=f"{now:%Y-%m-%d %H:%M} UTC")
    finally:
        trial.unlink(missing_ok=True)
    if abs(touched - now) > _ODD:
        message = f"the disk's clock says {touched:%H:%M:%S}, this machine's {now:%H:%M:%S} UTC"
        return Finding(subject="machine clock", message=message, code=ExitCode.FAILED, hint="let both follow the same time server")
    return Finding(subject="machine clock", message=f"{now:%Y-%m-%d %H:%M} UTC")


def configuration(settings: Settings) -> Finding:
    """What the settings came to; a mistake in them is told before anything else can be asked."""
    where = f"bucket {settings.s3.bucket}" if settings.s3 is not None else "files"
    message = f"data in {settings.data}, keys in {settings.keys}, new objects in {where}"
    return Finding(subject="configuration", message=message)


def _is_ours(serve: ServeSettings) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(serve.host, serve.host)  # noqa: S104  compared, not bound
    connection = http.client.HTTPConnection(host, serve.port, timeout=_QUICK_SECONDS)
    try:
        connection.request("GET", "/v2/system/version")
        said = json.loads(connection.getresponse().read(10_000))
        return isinstance(said, dict) and said.get("api") == "v2"
    except (OSError, http.client.HTTPException, ValueError):
        return False
    finally:
        connection.close()


@contextmanager
def _smtp(settings: MailSettings) -> Iterator[smtplib.SMTP]:
    context = ssl.create_default_context()
    if settings.security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(settings.host, settings.port, timeout=PATIENCE_SECONDS, context=context)
    else:
        server = smtplib.SMTP(settings.host, settings.port, timeout=PATIENCE_SECONDS)
    try:
        if settings.security == "starttls":
            server.starttls(context=context)
        yield server
    finally:
        server.close()


def _no_mail(settings: MailSettings, why: str, hint: str) -> Finding:
    return Finding(subject="mail", message=f"the mail server {settings.host}:{settings.port} {why}", code=ExitCode.FAILED, hint=hint)

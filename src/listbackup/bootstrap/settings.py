"""Settings: the command line, the environment and one configuration file, read once and handed down as values.

Precedence: the command's own options, then the environment, then the file, then the default. The file is TOML with the names of the variables in lower
case and without the prefix; a table's name may stand before its names (``[s3]`` and ``bucket`` are ``s3_bucket``)::

    data = "/srv/listbackup"
    port = 8400

    [s3]
    bucket = "backups"
    endpoint = "https://objects.example.org"

What belongs to a data folder and must never change under it (where its objects lie) is written into the folder by ``listbackup init``
and read from there afterwards: see ``bootstrap/folder.py``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from listbackup.base.errors import InputError
from listbackup.base.secret import Secret
from listbackup.bootstrap.configuration import PREFIX, Values, gather, strangers

LOOPBACK_HINT = "for a site of your own on this machine, set LISTBACKUP_ALLOW_LOOPBACK=1"

VARIABLES: dict[str, str] = {
    "CONFIG": "the configuration file (default: $XDG_CONFIG_HOME/listbackup/config.toml)",
    "DATA": "the data folder: tables, objects, logs (default: $XDG_DATA_HOME/listbackup)",
    "KEYS": "the key folder, outside the data folder (default: $XDG_CONFIG_HOME/listbackup/keys)",
    "CACHE": "the cache of a bucket's objects, safe to delete (default: $XDG_CACHE_HOME/listbackup)",
    "SERVER": "work through this server instead of a data folder: https://backup.example.org",
    "API_KEY": "the API key for it (default: what `listbackup login` kept); never written anywhere",
    "ACCOUNT": "the account to work in there, `acc_…` (default: the credential's own)",
    "HOST": "the address that `listbackup serve` listens on (default: 127.0.0.1)",
    "PORT": "its port; 0: any that is free (default: 8400)",
    "HOSTS": "names it answers for beside this machine's own, separated by commas",
    "ORIGINS": "origins whose pages may call the API, separated by commas",
    "PROXIES": "addresses of proxies whose word about the caller's address is taken, separated by commas",
    "PUBLIC_URL": "where people find it, for links in letters, tokens and passkeys (default: http://127.0.0.1:PORT)",
    "REGISTRATION": "open: whoever comes may register an account of their own; invited: by invitation only (default: invited)",
    "MAX_REQUESTS": "requests answered at once; four times as many may wait a moment, the others get 503 (default: 32)",
    "S3_BUCKET": "keep objects in this bucket instead of the data folder; read by `listbackup init`",
    "S3_ENDPOINT": "address of an S3-compatible service; read by `listbackup init`",
    "S3_REGION": "region of the bucket; read by `listbackup init`",
    "S3_PREFIX": "begin every object's name with this; read by `listbackup init`",
    "S3_ACCESS_KEY_ID": "access key of the bucket (default: the AWS SDK's own chain)",
    "S3_SECRET_ACCESS_KEY": "its secret; never written anywhere",
    "SYSTEM_BACKUP_TO": "copies of the control plane go there: a folder on another disk, or s3://BUCKET/PREFIX (default: beside the objects in a bucket)",
    "SYSTEM_BACKUP_ENDPOINT": "address of that bucket's service (default: that of the objects' bucket)",
    "SYSTEM_BACKUP_REGION": "region of that bucket (default: that of the objects' bucket)",
    "SYSTEM_BACKUP_EVERY": "minutes from one copy of the control plane to the next (default: 60)",
    "SYSTEM_BACKUP_DAYS": "of so many days the last copy is kept, beside the newest 24 (default: 30)",
    "MAIL_HOST": "the mail server that takes letters; without one they are written into `mail/` of the data folder",
    "MAIL_PORT": "its port (default: 587)",
    "MAIL_SECURITY": "starttls, tls, or none for a server on this machine (default: starttls)",
    "MAIL_USER": "who hands letters in there",
    "MAIL_PASSWORD": "the password for it; never written anywhere",
    "MAIL_FROM": "the sender of letters (default: listbackup@localhost)",
    "ALLOW_LOOPBACK": "1 lets connections speak to this machine itself, also over plain http (a site of your own)",
    "CONCURRENCY": "requests in flight at most, per run (default: 16)",
    "QUOTA_SHARE": "how much of a platform's known hourly, daily or monthly number of calls runs and restores take at most, in percent (default: 70)",
    "WORKERS": "runs at once in `listbackup worker` and `listbackup serve` (default: 2)",
    "RUNS_PER_ACCOUNT": "runs of one account at once, over all workers (default: 4)",
    "RUNS_PER_CONNECTION": "runs through one connection at once, over all workers (default: 1)",
    "KEEP_RUN_LOGS_DAYS": "log lines and progress of runs are kept so many days (default: 90)",
    "KEEP_RUNS_DAYS": "runs that are over are kept so many days, then their sums by month (default: 400)",
    "KEEP_ENDED_DAYS": "exports without files and erasures that are over are kept so many days (default: 400)",
    "KEEP_ACTIVITY_DAYS": "lines of the activity trail are kept so many days, at least 365; 0: for ever (default: 1100)",
    "ACCOUNT_DEPTH": "how deep accounts nest, the top one counted (default: 10)",
    "SUB_ACCOUNTS": "accounts directly below one at most (default: 1000)",
    "LOG_LEVEL": "debug, info, warning or error (default: info)",
    "LOG_STDERR": "1 writes the log's lines to standard error too, for containers",
    "DEBUG": "1 writes the traceback of an unexpected error into the log",
}
_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:]+")
_ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")
_ORIGIN = re.compile(r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:\d{1,5})?")
SECRETS = ("API_KEY", "S3_SECRET_ACCESS_KEY", "MAIL_PASSWORD")


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Settings:
    """An S3-compatible bucket for objects; without keys the AWS SDK's own chain finds them."""

    bucket: str
    endpoint: str | None = None
    region: str | None = None
    prefix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Keys:
    """The access key of the bucket; lives in the environment only."""

    access_key_id: str
    secret_access_key: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSettings:
    """Where letters are handed in; ``security`` is ``starttls``, ``tls`` or ``none``."""

    host: str
    port: int = 587
    security: str = "starttls"
    user: str = ""
    password: Secret | None = None
    sender: str = "listbackup@localhost"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeSettings:
    """How ``listbackup serve`` meets the outside."""

    host: str = "127.0.0.1"
    port: int = 8400
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()
    public_url: str | None = None
    registration: str = "invited"
    max_requests: int = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepSettings:
    """How many days rows are kept that nothing needs any more (``activity_days`` 0: for ever)."""

    run_logs_days: int = 90
    runs_days: int = 400
    ended_days: int = 400
    activity_days: int = 1100


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemBackupSettings:
    """Where copies of the control plane go (None: beside the objects, where those lie in a bucket), how often, and for how many days."""

    to: str | None = None
    endpoint: str | None = None
    region: str | None = None
    every_minutes: int = 60
    days: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything the environment may say, with defaults in place."""

    data: Path
    keys: Path
    cache: Path
    logins: Path = Path("logins.json")
    server: str | None = None
    api_key: Secret | None = None
    account: str | None = None
    s3: S3Settings | None = None
    s3_keys: S3Keys | None = None
    mail: MailSettings | None = None
    system_backup: SystemBackupSettings = field(default_factory=SystemBackupSettings)
    keep: KeepSettings = field(default_factory=KeepSettings)
    configuration: Path | None = None  # the file, where there is one
    strangers: tuple[str, ...] = ()  # what was said in the environment and is no setting, a sentence each
    serve: ServeSettings = field(default_factory=ServeSettings)
    allow_loopback: bool = False
    concurrency: int = 16
    quota_percent: int = 70
    workers: int = 2
    runs_per_account: int = 4
    runs_per_connection: int = 1
    account_depth: int = 10
    sub_accounts: int = 1000
    log_level: str = "info"
    log_stderr: bool = False
    debug: bool = False


def read_settings(
    *,
    data: Path | None = None,
    config: Path | None = None,
    flags: Mapping[str, str] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """The settings of this process. ``data``, ``config`` and ``flags`` (by the variable's name without prefix) are the command line's own words and win.

    Raises InputError for a file that is not TOML, an unknown name in it, or a value of the wrong form; the message says where it stands.
    """
    env = os.environ if environ is None else environ
    home = Path(env.get("HOME") or "/")
    config_home = Path(env.get("XDG_CONFIG_HOME") or home / ".config") / "listbackup"
    data_home = Path(env.get("XDG_DATA_HOME") or home / ".local" / "share") / "listbackup"
    cache_home = Path(env.get("XDG_CACHE_HOME") or home / ".cache") / "listbackup"
    said = {**(flags or {}), **({"DATA": str(data)} if data is not None else {})}
    named = str(config) if config is not None else env.get(PREFIX + "CONFIG")
    file = Path(named) if named else config_home / "config.toml"
    values = _values(env, said, file, required=bool(named))
    settings = Settings(
        data=_path(values.text("DATA"), data_home),
        keys=_path(values.text("KEYS"), config_home / "keys"),
        cache=_path(values.text("CACHE"), cache_home),
        logins=config_home / "logins.json",
        server=(values.text("SERVER") or None) if data is None else None,
        api_key=Secret(key) if (key := values.text("API_KEY")) is not None else None,
        account=values.text("ACCOUNT"),
        s3=_s3(values),
        s3_keys=_s3_keys(values),
        mail=_mail(values),
        system_backup=_system_backup(values),
        keep=_keep(values),
        configuration=file if file.is_file() else None,
        strangers=strangers(list(VARIABLES), env),
        serve=_serve(values),
        allow_loopback=values.flag("ALLOW_LOOPBACK"),
        concurrency=values.number("CONCURRENCY", 16, 1, 256),
        quota_percent=values.number("QUOTA_SHARE", 70, 1, 100),
        workers=values.number("WORKERS", 2, 1, 64),
        runs_per_account=values.number("RUNS_PER_ACCOUNT", 4, 1, 1000),
        runs_per_connection=values.number("RUNS_PER_CONNECTION", 1, 1, 16),
        account_depth=values.number("ACCOUNT_DEPTH", 10, 1, 30),
        sub_accounts=values.number("SUB_ACCOUNTS", 1000, 1, 100_000),
        log_level=values.choice("LOG_LEVEL", "info", ("debug", "info", "warning", "error")),
        log_stderr=values.flag("LOG_STDERR"),
        debug=values.flag("DEBUG"),
    )
    _demand_keys_apart(settings)
    return settings


def _demand_keys_apart(settings: Settings) -> None:
    if settings.keys == settings.data or settings.data in settings.keys.parents:
        raise InputError(
            f"the key folder {settings.keys} lies inside the data folder: whoever copies one would have both",
            hint=f"point {PREFIX}KEYS somewhere outside {settings.data}",
        )


def _values(env: Mapping[str, str], flags: Mapping[str, str], file: Path, *, required: bool) -> Values:
    known = [name for name in VARIABLES if name != "CONFIG"]
    return gather(known, environ=env, flags=flags, file=file, required=required, never_in_file=SECRETS)


def _path(text: str | None, default: Path) -> Path:
    return Path(text).expanduser().absolute() if text else default.absolute()


def _s3(values: Values) -> S3Settings | None:
    bucket = values.text("S3_BUCKET")
    if bucket is None:
        return None
    prefix = (values.text("S3_PREFIX") or "").strip("/")
    return S3Settings(bucket=bucket, endpoint=values.text("S3_ENDPOINT"), region=values.text("S3_REGION"), prefix=prefix)


def _s3_keys(values: Values) -> S3Keys | None:
    name, secret = values.text("S3_ACCESS_KEY_ID"), values.text("S3_SECRET_ACCESS_KEY")
    if not name and not secret:
        return None
    if not name or not secret:
        raise InputError(f"{PREFIX}S3_ACCESS_KEY_ID and {PREFIX}S3_SECRET_ACCESS_KEY go together, and one of them is missing")
    return S3Keys(access_key_id=name, secret_access_key=Secret(secret))


def _keep(values: Values) -> KeepSettings:
    activity = values.number("KEEP_ACTIVITY_DAYS", 1100, 0, 36_500)
    if 0 < activity < 365:
        raise InputError(
            f"{values.where('KEEP_ACTIVITY_DAYS')} is {activity}; it is 0 (for ever) or at least 365", field="KEEP_ACTIVITY_DAYS"
        )
    return KeepSettings(
        run_logs_days=values.number("KEEP_RUN_LOGS_DAYS", 90, 1, 36_500),
        runs_days=values.number("KEEP_RUNS_DAYS", 400, 7, 36_500),
        ended_days=values.number("KEEP_ENDED_DAYS", 400, 30, 36_500),
        activity_days=activity,
    )


def _system_backup(values: Values) -> SystemBackupSettings:
    return SystemBackupSettings(
        to=values.text("SYSTEM_BACKUP_TO"),
        endpoint=values.text("SYSTEM_BACKUP_ENDPOINT") or values.text("S3_ENDPOINT"),
        region=values.text("SYSTEM_BACKUP_REGION") or values.text("S3_REGION"),
        every_minutes=values.number("SYSTEM_BACKUP_EVERY", 60, 5, 1440),
        days=values.number("SYSTEM_BACKUP_DAYS", 30, 1, 3650),
    )


def _mail(values: Values) -> MailSettings | None:
    host, password = values.text("MAIL_HOST"), values.text("MAIL_PASSWORD")
    security = values.choice("MAIL_SECURITY", "starttls", ("starttls", "tls", "none"))
    if host is None:
        return None
    if password is not None and security == "none":
        raise InputError(f"{values.where('MAIL_SECURITY')} is 'none', and a password is not sent in the clear", hint="use starttls or tls")
    return MailSettings(
        host=host,
        port=values.number("MAIL_PORT", 587, 1, 65535),
        security=security,
        user=values.text("MAIL_USER") or "",
        password=Secret(password) if password is not None else None,
        sender=values.text("MAIL_FROM") or "listbackup@localhost",
    )


def _serve(values: Values) -> ServeSettings:
    return ServeSettings(
        host=values.text("HOST") or "127.0.0.1",
        port=values.number("PORT", 8400, 0, 65535),
        hosts=values.names("HOSTS", _HOST, "names like backup.example.org, without scheme and port"),
        origins=values.names("ORIGINS", _ORIGIN, "origins like https://app.example.org, without a path"),
        proxies=values.names("PROXIES", _ADDRESS, "addresses like 10.0.0.2, as the proxy's connections come from"),
        public_url=_url(values, "PUBLIC_URL"),
        registration=values.choice("REGISTRATION", "invited", ("open", "invited")),
        max_requests=values.number("MAX_REQUESTS", 32, 1, 1000),
    )


def _url(values: Values, name: str) -> str | None:
    text = values.text(name)
    if text is not None and _ORIGIN.fullmatch(text.removesuffix("/")) is None:
        raise InputError(f"{values.where(name)} is {text!r}; it is an address like https://backup.example.org", field=name)
    return text.rstrip("/") if text is not None else None


def environment() -> Mapping[str, str]:
    """This process's environment, for those who read other names of it: ``bootstrap/cloud_settings.py``."""
    return os.environ


def use_one_blas_thread() -> None:
    """Keep numpy, when it is imported later, from starting a thread for each core: they are for matrices, we have none, and they spin while they wait."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def is_color_refused(environ: Mapping[str, str] | None = None) -> bool:
    """Whether ``NO_COLOR`` is set to anything, or the terminal is a dumb one. Source: no-color.org."""
    env = os.environ if environ is None else environ
    return bool(env.get("NO_COLOR")) or env.get("TERM") == "dumb"


def child_environment(settings: Settings, environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment, changed so that a child process reads these settings: for demonstrations and proofs in folders of their own."""
    env = {name: value for name, value in (os.environ if environ is None else environ).items() if not name.startswith(PREFIX)}
    ours = {
        "CONFIG": os.devnull,
        "DATA": str(settings.data),
        "KEYS": str(settings.keys),
        "CACHE": str(settings.cache),
        "ALLOW_LOOPBACK": "1" if settings.allow_loopback else "0",
        "CONCURRENCY": str(settings.concurrency),
        "QUOTA_SHARE": str(settings.quota_percent),
        "LOG_LEVEL": settings.log_level,
    }
    return env | {PREFIX + name: value for name, value in ours.items()}


def is_completing(environ: Mapping[str, str] | None = None) -> bool:
    """Whether a shell asks how to go on, and not a person to do something."""
    return bool((os.environ if environ is None else environ).get("_LISTBACKUP_COMPLETE"))

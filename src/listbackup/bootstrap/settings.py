"""Settings: the environment and one configuration file, read once and handed down as values.

Precedence: environment, then the file, then the default. The file is TOML with the names of the variables in lower case and without the prefix::

    data = "/srv/listbackup"
    s3_bucket = "backups"
    s3_endpoint = "https://objects.example.org"

What belongs to a data folder and must never change under it (where its objects lie) is written into the folder by ``listbackup init``
and read from there afterwards: see ``bootstrap/folder.py``.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from listbackup.base.errors import InputError
from listbackup.base.secret import Secret

PREFIX = "LISTBACKUP_"

LOOPBACK_HINT = "for a site of your own on this machine or in a private network, set LISTBACKUP_ALLOW_LOOPBACK=1"

VARIABLES: dict[str, str] = {
    "CONFIG": "the configuration file (default: $XDG_CONFIG_HOME/listbackup/config.toml)",
    "DATA": "the data folder: tables, objects, logs (default: $XDG_DATA_HOME/listbackup)",
    "KEYS": "the key folder, outside the data folder (default: $XDG_CONFIG_HOME/listbackup/keys)",
    "CACHE": "the cache of a bucket's objects, safe to delete (default: $XDG_CACHE_HOME/listbackup)",
    "S3_BUCKET": "keep objects in this bucket instead of the data folder; read by `listbackup init`",
    "S3_ENDPOINT": "address of an S3-compatible service; read by `listbackup init`",
    "S3_REGION": "region of the bucket; read by `listbackup init`",
    "S3_PREFIX": "begin every object's name with this; read by `listbackup init`",
    "S3_ACCESS_KEY_ID": "access key of the bucket (default: the AWS SDK's own chain)",
    "S3_SECRET_ACCESS_KEY": "its secret; never written anywhere",
    "ALLOW_LOOPBACK": "1 lets connections speak to this machine and to private networks over plain http (a self-hosted site)",
    "CONCURRENCY": "requests in flight at most, per run (default: 16)",
    "WORKERS": "runs at once in `listbackup worker` (default: 2)",
    "LOG_LEVEL": "debug, info, warning or error (default: info)",
    "DEBUG": "1 writes the traceback of an unexpected error into the log",
}


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
class Settings:
    """Everything the environment may say, with defaults in place."""

    data: Path
    keys: Path
    cache: Path
    s3: S3Settings | None = None
    s3_keys: S3Keys | None = None
    allow_loopback: bool = False
    concurrency: int = 16
    workers: int = 2
    log_level: str = "info"
    debug: bool = False


def read_settings(*, data: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process; ``data`` (the command line's own word) wins over both environment and file.

    Raises InputError for a file that is not TOML, an unknown name in it, or a value of the wrong form.
    """
    env = os.environ if environ is None else environ
    home = Path(env.get("HOME") or "/")
    config_home = Path(env.get("XDG_CONFIG_HOME") or home / ".config") / "listbackup"
    values = _values(env, config_home)
    data_home = Path(env.get("XDG_DATA_HOME") or home / ".local" / "share") / "listbackup"
    cache_home = Path(env.get("XDG_CACHE_HOME") or home / ".cache") / "listbackup"
    settings = Settings(
        data=_path(str(data) if data is not None else values.get("DATA"), data_home),
        keys=_path(values.get("KEYS"), config_home / "keys"),
        cache=_path(values.get("CACHE"), cache_home),
        s3=_s3(values),
        s3_keys=_s3_keys(values),
        allow_loopback=_flag(values, "ALLOW_LOOPBACK"),
        concurrency=_number(values, "CONCURRENCY", 16, 1, 256),
        workers=_number(values, "WORKERS", 2, 1, 64),
        log_level=_choice(values, "LOG_LEVEL", "info", ("debug", "info", "warning", "error")),
        debug=_flag(values, "DEBUG"),
    )
    if settings.keys == settings.data or settings.data in settings.keys.parents:
        raise InputError(
            f"the key folder {settings.keys} lies inside the data folder: whoever copies one would have both",
            hint=f"point {PREFIX}KEYS somewhere outside {settings.data}",
        )
    return settings


def _values(env: Mapping[str, str], config_home: Path) -> dict[str, str]:
    """Values by variable name without its prefix; a variable set to nothing counts as not set."""
    named = env.get(PREFIX + "CONFIG")
    values = _read_file(Path(named) if named else config_home / "config.toml", required=bool(named))
    values |= {name: env[PREFIX + name] for name in VARIABLES if env.get(PREFIX + name)}
    return values


def _read_file(path: Path, *, required: bool) -> dict[str, str]:
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        if required:
            raise InputError(f"there is no configuration file {path}", hint=f"correct or unset {PREFIX}CONFIG") from None
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"the configuration file {path} cannot be read: {error}", hint="it is TOML: name = value, one a line") from None
    values = {}
    for name, value in content.items():
        if name.upper() not in VARIABLES or name.upper() in ("CONFIG", "S3_SECRET_ACCESS_KEY") or name != name.lower():
            raise InputError(f"{path} sets {name!r}, which is no setting", hint="settings: " + ", ".join(_file_names()))
        if not isinstance(value, str | int):
            raise InputError(f"{path} gives {name} a value that is neither text nor a number", field=name)
        values[name.upper()] = str(int(value)) if isinstance(value, bool) else str(value)
    return values


def _file_names() -> list[str]:
    return [name.lower() for name in VARIABLES if name not in ("CONFIG", "S3_SECRET_ACCESS_KEY")]


def _path(text: str | None, default: Path) -> Path:
    return Path(text).expanduser().absolute() if text else default.absolute()


def _s3(values: Mapping[str, str]) -> S3Settings | None:
    if not values.get("S3_BUCKET"):
        return None
    return S3Settings(
        bucket=values["S3_BUCKET"],
        endpoint=values.get("S3_ENDPOINT") or None,
        region=values.get("S3_REGION") or None,
        prefix=values.get("S3_PREFIX", "").strip("/"),
    )


def _s3_keys(values: Mapping[str, str]) -> S3Keys | None:
    name, secret = values.get("S3_ACCESS_KEY_ID"), values.get("S3_SECRET_ACCESS_KEY")
    if not name and not secret:
        return None
    if not name or not secret:
        raise InputError(f"{PREFIX}S3_ACCESS_KEY_ID and {PREFIX}S3_SECRET_ACCESS_KEY go together, and one of them is missing")
    return S3Keys(access_key_id=name, secret_access_key=Secret(secret))


def _flag(values: Mapping[str, str], name: str) -> bool:
    text = values.get(name, "0").lower()
    if text not in ("0", "1", "true", "false", "yes", "no"):
        raise InputError(f"{PREFIX}{name} is {text!r}; it is 1 or 0", field=name)
    return text in ("1", "true", "yes")


def _number(values: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = values.get(name, str(default))
    if not text.isdigit() or not least <= int(text) <= most:
        raise InputError(f"{PREFIX}{name} is {text!r}; it is a number from {least} to {most}", field=name)
    return int(text)


def _choice(values: Mapping[str, str], name: str, default: str, choices: tuple[str, ...]) -> str:
    text = values.get(name, default).lower()
    if text not in choices:
        raise InputError(f"{PREFIX}{name} is {text!r}; it is one of {', '.join(choices)}", field=name)
    return text


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
        "LOG_LEVEL": settings.log_level,
    }
    return env | {PREFIX + name: value for name, value in ours.items()}


def is_completing(environ: Mapping[str, str] | None = None) -> bool:
    """Whether a shell asks how to go on, and not a person to do something."""
    return bool((os.environ if environ is None else environ).get("_LISTBACKUP_COMPLETE"))

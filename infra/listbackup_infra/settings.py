"""What a stage is like: ``infra/stages/<stage>.toml``, and what the command line or the deployment says over it.

A stage without a file has the defaults, which are those of a small installation.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from listbackup_infra.names import Names

FOLDER = Path(__file__).parents[1]
STAGES = FOLDER / "stages"


@dataclass(frozen=True, slots=True, kw_only=True)
class Emulated:
    """What is different where AWS is an emulator: what it has not is left out, and functions find it at its address."""

    endpoint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Everything that may differ from one deployment to the next; docs/guides/aws.md explains each in a line."""

    name: str
    region: str = "us-east-1"
    keep: bool = True  # tables, bucket, keys and people outlive their stacks, and are protected from deletion
    reserve: bool = False  # concurrency for the tick; an account whose limit is still 10 has none to give away
    identity: str = "cognito"  # or builtin
    registration: str = "invited"  # or open: everybody who comes may have an account of their own
    allow_loopback: bool = False  # functions may ask this very machine: a platform that a test simulates, on an emulator and nowhere else
    authorizer: str = (
        "door"  # who judges a caller first: the function's own door; request: our authorizer; jwt: the gateway, access tokens alone
    )
    public_url: str = ""  # empty: the gateway's own address
    web: bool = True
    cors_origins: tuple[str, ...] = ()
    mail_from: str = ""  # empty: letters are refused
    api_domain: str = ""  # needs api_certificate
    api_certificate: str = ""  # ARN, in the region of the stage
    web_domain: str = ""  # needs web_certificate
    web_certificate: str = ""  # ARN, in us-east-1
    hosted_zone_id: str = ""  # a Route 53 zone that takes both domains
    alarm_email: str = ""
    data_bucket: str = ""  # empty: listbackup-data-<stage>
    object_lock_days: int = 0  # 0: none; a bucket has it from the start or never
    noncurrent_days: int = 30
    copy_bucket: str = ""  # ARN of a versioned bucket in another region
    backup_days: int = 0  # AWS Backup of the tables; 0: none beside point-in-time recovery
    backup_copy_vault: str = ""  # ARN of a vault in another region or account that takes those copies too
    log_days: int = 30
    burst: int = 200
    rate: int = 100  # requests a second
    worker_concurrency: int = 10
    worker_memory_mb: int = 1769  # one whole processor
    http_memory_mb: int = 1024
    run_visibility_seconds: int = 5400
    web_acl: str = ""  # ARN of the firewall in us-east-1; the deployment finds it
    waf_rate: int = 2000  # requests of one address in five minutes
    budget_tag: str = "listbackup"
    emulated: Emulated | None = None

    @property
    def names(self) -> Names:
        """This stage's names."""
        return Names(self.name)

    @property
    def bucket(self) -> str:
        """The bucket of objects."""
        return self.data_bucket or self.names.bucket


def read_stage(name: str, said: Mapping[str, Any] | None = None, *, folder: Path = STAGES) -> Stage:
    """The stage as its file describes it, with ``said`` over it. Raises ValueError, which names what is wrong."""
    Names(name)
    file = folder / f"{name}.toml"
    values: dict[str, Any] = tomllib.loads(file.read_text()) if file.is_file() else {}
    values.update({key: value for key, value in (said or {}).items() if value is not None})
    endpoint = values.pop("endpoint", "")
    kinds = {field.name: field.type for field in fields(Stage) if field.name not in ("name", "emulated")}
    unknown = sorted(values.keys() - kinds.keys())
    if unknown:
        raise ValueError(f"{', '.join(unknown)}: no such setting of a stage ({file.name})")
    stage = Stage(
        name=name,
        emulated=Emulated(endpoint=endpoint) if endpoint else None,
        **{key: _typed(key, kinds[key], value) for key, value in values.items()},
    )
    _check(stage)
    return stage


def _typed(key: str, kind: Any, value: Any) -> Any:
    """Context values of the command line are text."""
    if kind == "bool":
        word = str(value).lower()
        if word not in ("true", "false"):
            raise ValueError(f"{key} is {value!r}; it is true or false")
        return word == "true"
    if kind == "int":
        if not str(value).isdigit():
            raise ValueError(f"{key} is {value!r}; it is a number")
        return int(value)
    if kind.startswith("tuple"):
        return tuple(value) if isinstance(value, (list, tuple)) else tuple(one for one in str(value).split(",") if one)
    return str(value)


def _check(stage: Stage) -> None:
    for key, allowed in (
        ("identity", ("cognito", "builtin")),
        ("registration", ("invited", "open")),
        ("authorizer", ("door", "request", "jwt")),
    ):
        if getattr(stage, key) not in allowed:
            raise ValueError(f"{key} is {getattr(stage, key)!r}; it is one of {', '.join(allowed)}")
    if stage.allow_loopback and stage.emulated is None:
        raise ValueError("allow_loopback is for an emulator: a function has nothing on its own machine to ask")
    if stage.authorizer == "jwt" and stage.identity != "cognito":
        raise ValueError("authorizer = jwt needs identity = cognito: the gateway asks the user pool for its keys")
    for domain, certificate in (("api_domain", "api_certificate"), ("web_domain", "web_certificate")):
        if bool(getattr(stage, domain)) != bool(getattr(stage, certificate)):
            raise ValueError(f"{domain} and {certificate} belong together")
    if not 900 <= stage.run_visibility_seconds <= 43_200 and stage.emulated is None:
        raise ValueError(
            f"run_visibility_seconds is {stage.run_visibility_seconds}; Lambda wants at least the worker's 900, SQS at most 43200"
        )

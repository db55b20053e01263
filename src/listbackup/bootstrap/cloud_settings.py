"""What a function of the cloud is told by its environment, read once and handed down as a value.

The deployment sets every name (docs/design/cloud.md has the table); beside them the ``LISTBACKUP_`` variables of ``bootstrap/settings.py`` that say how much
and how long (``RUNS_PER_ACCOUNT``, ``KEEP_RUNS_DAYS`` …) mean the same here. Nothing secret stands in an environment: keys and passwords stay with their services.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from listbackup.base.errors import InputError
from listbackup.bootstrap.settings import ServeSettings, Settings, environment, read_settings

SCRATCH = Path("/tmp/listbackup")  # noqa: S108  the only place of a function that can be written to; nobody else is in there
MOST_BYTES = 5_500_000  # of an answer's body: Lambda gives 6 MB, escapes and headers counted
_INSTALLATION = re.compile(r"ins_[0-9a-z]{6,40}")


class IdentityKind(StrEnum):
    """Who keeps passwords and sessions."""

    BUILTIN = "builtin"
    COGNITO = "cognito"


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePace:
    """How events are told where no answer can go on for long: an answer waits this long for something, and asks to be called again so much later."""

    hold_seconds: float = 3.0
    retry_ms: int = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudSettings:
    """Everything a function's environment says. ``settings`` are the figures that every ground has."""

    stage: str
    region: str
    installation: str
    endpoint: str | None  # of an emulator; None: AWS itself
    table_prefix: str
    bucket: str
    handout_bucket: str  # where answers lie that are too large for a function, for minutes; empty: they are refused
    run_queue: str
    run_dead_queue: str
    errand_queue: str
    errand_dead_queue: str
    event_bus: str
    key: str
    secrets_prefix: str
    user_pool: str
    user_pool_client: str
    mail_from: str
    public_url: str
    origins: tuple[str, ...]
    identity: IdentityKind
    service: str | None
    settings: Settings
    stop_before_seconds: int = 60  # of what a function may take, that is left for coming to a checkpoint
    answer_bytes: int = MOST_BYTES  # what is larger is handed out by a link, or refused
    front_proof: str = ""  # SHA-256 of what our distribution shows (api/front.py); empty: nothing stands before the gateway
    live: LivePace = LivePace()
    scratch: Path = SCRATCH

    @staticmethod
    def read(environ: Mapping[str, str] | None = None, *, scratch: Path = SCRATCH) -> CloudSettings:
        """The settings of this function. Raises InputError, which names what is missing or wrong."""
        env = environment() if environ is None else environ
        said = _Said(env)
        stage = said.text("STAGE")
        public_url = said.text("PUBLIC_URL").rstrip("/")
        if urlsplit(public_url).scheme not in ("http", "https") or not urlsplit(public_url).hostname:
            raise InputError(f"PUBLIC_URL is {public_url!r}; it is an address like https://backup.example.org", field="PUBLIC_URL")
        installation = said.text("LISTBACKUP_INSTALLATION")
        if _INSTALLATION.fullmatch(installation) is None:
            raise InputError("LISTBACKUP_INSTALLATION is no id of an installation", field="LISTBACKUP_INSTALLATION")
        origins = tuple(one.strip().rstrip("/") for one in said.text("CORS_ORIGINS", "").split(",") if one.strip())
        run_queue = said.text("RUN_QUEUE_URL", "")
        errand_queue = said.text("ERRAND_QUEUE_URL", "")
        return CloudSettings(
            stage=stage,
            region=said.text("AWS_REGION", said.text("AWS_DEFAULT_REGION", "us-east-1")),
            installation=installation,
            endpoint=said.text("AWS_ENDPOINT_URL", "") or None,
            table_prefix=said.text("DYNAMODB_TABLE_PREFIX", f"listbackup-{stage}"),
            bucket=said.text("DATA_BUCKET", f"listbackup-data-{stage}"),
            handout_bucket=said.text("HANDOUT_BUCKET", ""),
            run_queue=run_queue,
            run_dead_queue=said.text("RUN_DEAD_QUEUE_URL", ""),
            errand_queue=errand_queue,
            errand_dead_queue=said.text("ERRAND_DEAD_QUEUE_URL", ""),
            event_bus=said.text("EVENT_BUS", ""),
            key=said.text("KMS_KEY_ID", f"alias/listbackup-{stage}"),
            secrets_prefix=said.text("SECRETS_PREFIX", f"listbackup/{stage}/"),
            user_pool=said.text("USER_POOL_ID", ""),
            user_pool_client=said.text("USER_POOL_CLIENT_ID", ""),
            mail_from=said.text("MAIL_FROM", ""),
            public_url=public_url,
            origins=origins,
            identity=said.kind("IDENTITY"),
            service=said.text("LISTBACKUP_SERVICE", "") or None,
            settings=_settings(env, scratch, public_url, origins),
            stop_before_seconds=said.number("STOP_BEFORE_SECONDS", 60, 1, 600),
            answer_bytes=said.number("ANSWER_BYTES", MOST_BYTES, 1000, MOST_BYTES),
            front_proof=said.text("FRONT_PROOF", ""),
            live=LivePace(
                hold_seconds=said.number("LIVE_HOLD_SECONDS", 3, 0, 25), retry_ms=said.number("LIVE_RETRY_MS", 1000, 100, 60_000)
            ),
            scratch=scratch,
        )


@dataclass(frozen=True, slots=True)
class _Said:
    env: Mapping[str, str]

    def text(self, name: str, default: str | None = None) -> str:
        found = self.env.get(name) or default
        if found is None:
            raise InputError(f"{name} is not set", field=name, hint="the deployment sets it: docs/design/cloud.md")
        return found

    def number(self, name: str, default: int, least: int, most: int) -> int:
        text = self.env.get(name) or str(default)
        if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
            raise InputError(f"{name} is {text!r}; it is a number from {least} to {most}", field=name)
        return int(text)

    def kind(self, name: str) -> IdentityKind:
        text = self.env.get(name) or IdentityKind.COGNITO.value
        try:
            return IdentityKind(text)
        except ValueError:
            raise InputError(f"{name} is {text!r}; it is cognito or builtin", field=name) from None


def _settings(env: Mapping[str, str], scratch: Path, public_url: str, origins: tuple[str, ...]) -> Settings:
    """The figures of the environment; what belongs to a machine (its folders, its address) is put where it does no harm."""
    ours = {name: word for name, word in env.items() if name.startswith("LISTBACKUP_") and name not in _OTHERS}
    homes = {"HOME": str(scratch), "LISTBACKUP_DATA": str(scratch / "none"), "LISTBACKUP_KEYS": str(scratch / "no-keys")}
    read = read_settings(environ={**ours, **homes, "LISTBACKUP_CACHE": str(scratch / "cache")})
    serve = ServeSettings(
        public_url=public_url, origins=origins, registration=read.serve.registration, max_requests=read.serve.max_requests
    )
    return replace(read, serve=serve, strangers=(), s3=None, s3_keys=None, mail=None)


_OTHERS = ("LISTBACKUP_GROUND", "LISTBACKUP_INSTALLATION", "LISTBACKUP_SERVICE")

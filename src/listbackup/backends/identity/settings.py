"""The figures of identity, in one value that is handed down."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from listbackup.base.errors import InputError

FLOOR_KIB, FLOOR_PASSES = 19 * 1024, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class HashCost:
    """What one argon2id hash costs; not below OWASP's floor of 19 MiB and 2 passes unless ``below_floor`` says that this is a test."""

    memory_kib: int = 64 * 1024
    passes: int = 3
    lanes: int = 1
    at_once: int = 4
    wait_seconds: float = 2.0  # how long one more waits for its turn before it is refused
    below_floor: bool = False

    def __post_init__(self) -> None:
        if not self.below_floor and (self.memory_kib < FLOOR_KIB or self.passes < FLOOR_PASSES):
            raise InputError("argon2id needs at least 19 MiB and 2 passes", hint="raise the memory or the passes", field="hash_cost")


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentitySettings:
    """Every figure under "Identity in numbers" (docs/design/identity.md)."""

    issuer: str = "http://127.0.0.1:8400"
    audience: str = "listbackup"
    product: str = "ListBackup"
    relying_party: str = "localhost"  # the domain that passkeys belong to
    origins: tuple[str, ...] = ("http://localhost:8400",)
    hash_cost: HashCost = field(default_factory=HashCost)

    idle: timedelta = timedelta(minutes=60)
    absolute: timedelta = timedelta(hours=24)
    absolute_privileged: timedelta = timedelta(hours=12)
    step_up: timedelta = timedelta(minutes=10)
    access: timedelta = timedelta(minutes=15)
    signing_key: timedelta = timedelta(days=30)  # how long one key signs
    refresh: timedelta = timedelta(days=30)  # since the last refresh
    refresh_absolute: timedelta = timedelta(days=90)
    refresh_grace: timedelta = timedelta(seconds=10)

    verify_link: timedelta = timedelta(hours=24)
    reset_link: timedelta = timedelta(minutes=20)
    setup_code: timedelta = timedelta(hours=24)
    second_step: timedelta = timedelta(minutes=5)
    challenge: timedelta = timedelta(minutes=5)
    links_per_hour: int = 3

    free_tries: int = 5
    longest_wait: timedelta = timedelta(minutes=15)
    most_tries: int = 100  # then only a reset of the password helps
    per_address: int = 20  # a minute
    per_network: int = 100  # a minute, for a /24 or a /48
    code_tries: int = 5
    code_lock: timedelta = timedelta(minutes=15)

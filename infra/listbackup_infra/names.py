"""Every name that a deployment uses, by its stage. Nothing else in this folder puts a name together."""

from __future__ import annotations

import re
from dataclasses import dataclass

_STAGE = re.compile(r"[a-z][a-z0-9-]{0,19}")


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one stage."""

    stage: str

    def __post_init__(self) -> None:
        if _STAGE.fullmatch(self.stage) is None:
            raise ValueError(f"the stage is {self.stage!r}; it is a short word of small letters, digits and hyphens, like main")

    @property
    def prefix(self) -> str:
        """What every name begins with."""
        return f"listbackup-{self.stage}"

    def stack(self, service: str) -> str:
        """The stack of a service."""
        return f"{self.prefix}-{service}"

    def table(self, name: str) -> str:
        """The table of a declaration."""
        return f"{self.prefix}-{name}"

    def function(self, name: str) -> str:
        """A function; its role and its log group are named by it."""
        return f"{self.prefix}-{name}"

    def log_group(self, name: str) -> str:
        """Where a function writes its log."""
        return f"/aws/lambda/{self.function(name)}"

    def parameter(self, name: str) -> str:
        """A value that one stack gives and others take, or that the deployment made."""
        return f"/listbackup/{self.stage}/{name}"

    @property
    def bucket(self) -> str:
        """Where objects lie, unless the settings say otherwise: names of buckets are the whole world's."""
        return f"listbackup-data-{self.stage}"

    @property
    def run_queue(self) -> str:
        """Messages about runs, in order for each source."""
        return f"listbackup-run-queue-{self.stage}.fifo"

    @property
    def run_dead_queue(self) -> str:
        """Messages about runs that failed five times."""
        return f"listbackup-run-queue-{self.stage}-dead.fifo"

    @property
    def errand_queue(self) -> str:
        """Long work that a request asked for, in order for each thing."""
        return f"listbackup-errand-queue-{self.stage}.fifo"

    @property
    def errand_dead_queue(self) -> str:
        """Errands that failed five times."""
        return f"listbackup-errand-queue-{self.stage}-dead.fifo"

    @property
    def lost_queue(self) -> str:
        """What a function was told and never took: events of a rule, a stream, a bucket."""
        return f"listbackup-lost-events-{self.stage}"

    @property
    def bus(self) -> str:
        """Where what happened is told."""
        return self.prefix

    @property
    def key_alias(self) -> str:
        """The key that wraps the accounts' keys."""
        return f"alias/{self.prefix}"

    @property
    def front_secret(self) -> str:
        """The secret by which the distribution shows that it is the one who asks the gateway."""
        return f"{self.prefix}-front"

    @property
    def secrets(self) -> str:
        """What the names of our secrets begin with."""
        return f"listbackup/{self.stage}/"

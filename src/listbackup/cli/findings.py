"""What ``doctor`` finds."""

from __future__ import annotations

from dataclasses import dataclass

from listbackup.cli.exit_codes import ExitCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """An answer: what was looked at, how it is, and what to do where it is not sound."""

    subject: str
    message: str
    code: ExitCode = ExitCode.OK
    hint: str | None = None

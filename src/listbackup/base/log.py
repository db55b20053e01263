"""Structured log lines: one JSON object a line, with the ids of what is being worked on, never with a secret."""

from __future__ import annotations

import contextvars
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from listbackup.base.clock import from_unix_ms, iso

_context: contextvars.ContextVar[dict[str, str]] = contextvars.ContextVar("log_context")


@contextmanager
def log_context(**ids: str) -> Iterator[None]:
    """Adds these ids to every line logged inside the block."""
    token = _context.set({**_context.get({}), **ids})
    try:
        yield
    finally:
        _context.reset(token)


class JsonLines(logging.Formatter):
    """``{"at", "level", "logger", "message", …ids}``, one object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of one record; an exception is added by type and message, without its locals."""
        line: dict[str, str] = {
            "at": iso(from_unix_ms(int(record.created * 1000))),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_context.get({}),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = f"{type(record.exc_info[1]).__name__}: {record.exc_info[1]}"
        return msgspec.json.encode(line).decode()

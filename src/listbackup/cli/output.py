"""How the command line speaks: tables and colours on a terminal, plain aligned text in a pipe, one JSON document with ``--json``.

Results go to standard output; warnings, errors and progress to standard error. Text that came from a platform is shown with its control characters
made visible, so that a record cannot steer the terminal. ``rich`` is loaded only where something is drawn with it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol, TextIO

import msgspec

from listbackup.base.decode import one_line
from listbackup.base.errors import ListBackupError

if TYPE_CHECKING:
    from rich.progress import Progress

Document = Mapping[str, Any]  # what --json prints: text, numbers, truth values, lists, mappings, datetimes and msgspec.Raw

_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_C1 = re.compile("[\x7f-\x9f]")


_WIDE = 10_000
_SENTENCE = 24  # characters, below which a folded one is hard to read
_SET_IN = 2  # and what stands between two columns


class NobodyReads(Exception):
    """Whoever read our output has closed it: `listbackup show … | head` has what it wanted."""


class Steps(Protocol):
    """Progress of something with named parts."""

    def update(self, part: str, done: int, total: int | None = None) -> None:
        """So many of this part are done, of so many where that is known."""
        ...


@dataclass(slots=True)
class Output:
    """Where a command's words go. ``as_json`` silences everything on standard output but documents."""

    as_json: bool = False
    stdout: TextIO = field(default_factory=lambda: sys.stdout)
    stderr: TextIO = field(default_factory=lambda: sys.stderr)

    @property
    def on_terminal(self) -> bool:
        """Whether a person looks at standard output."""
        return self.stdout.isatty()

    def document(self, value: Document) -> None:
        """The command's result with ``--json``: one object, indented on a terminal."""
        if self.as_json:
            text = msgspec.json.encode(value)
            if self.on_terminal:
                text = msgspec.json.format(text, indent=2)
            self._write(_C1.sub(_escape, text.decode("utf-8", "replace")))

    def line(self, value: Document) -> None:
        """One of many results with ``--json``: one object on one line, also where a record in it was sent over several."""
        text = one_line(msgspec.json.encode(value)).decode("utf-8", "replace")
        self._write(_C1.sub(_escape, text))

    def say(self, text: str = "") -> None:
        """A line for people; nothing with ``--json``."""
        if not self.as_json:
            self._write(text)

    def raw(self, line: bytes) -> None:
        """A record's exact bytes and a line end."""
        buffer = getattr(self.stdout, "buffer", None)
        if buffer is None:
            self._write(line.decode(errors="replace"))
            return
        try:
            buffer.write(line + b"\n")
        except BrokenPipeError:
            raise NobodyReads from None

    def good(self, text: str) -> None:
        """A line that tells of success."""
        self.say(self.styled("32", "✓ ") + text if self.on_terminal else text)

    def warn(self, text: str) -> None:
        """A line on standard error that asks for attention."""
        print(f"warning: {visible(text)}", file=self.stderr)

    def error(self, error: ListBackupError, *, code: int, kind: str) -> None:
        """The one sentence about what went wrong, and the one about what to do."""
        if self.as_json:
            content = {"error": {"code": code, "kind": kind, "message": error.message, "hint": error.hint}}
            print(msgspec.json.encode(content).decode(), file=self.stderr)
            return
        head = "error: "
        if self.stderr.isatty() and not _no_color():
            head = "\x1b[1;31merror:\x1b[0m "
        print(head + visible(error.message), file=self.stderr)
        if error.hint:
            print(f"  {visible(error.hint)}", file=self.stderr)

    def pairs(self, rows: Sequence[tuple[str, object]]) -> None:
        """Labels and values, one pair a line."""
        width = max((len(label) for label, _ in rows), default=0)
        for label, value in rows:
            self.say(f"{self.styled('2', label.ljust(width))}  {cell(value)}".rstrip())

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str = "") -> None:
        """Rows under headings; a heading that begins with ``>`` is set right. ``empty`` is said when there is no row."""
        if self.as_json:
            return
        if not rows:
            self.say(empty)
        elif self.on_terminal:
            self._rich_table(columns, rows)
        else:
            self._plain_table(columns, rows)

    @contextmanager
    def progress(self, title: str) -> Iterator[Steps]:
        """Bars while the block runs, on a terminal; silence anywhere else."""
        if self.as_json or not self.stderr.isatty():
            yield _Silence()
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(file=self.stderr), transient=True) as bars:
            yield _Bars(bars, title)

    def styled(self, code: str, text: str) -> str:
        """The text in this ANSI style, where standard output is a terminal that wants colour."""
        return f"\x1b[{code}m{text}\x1b[0m" if self.on_terminal and not _no_color() else text

    def _rich_table(self, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        from rich import box
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        console = Console(file=self.stdout)
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for number, column in enumerate(columns, 1):
            is_last = number == len(columns)  # sentences stand there; a folded id can be read by nobody, and not be copied
            side: Literal["left", "right"] = "right" if column.startswith(">") else "left"
            least = min(_SENTENCE, max(len(cell(row[-1])) for row in rows)) if is_last else None
            table.add_column(column.lstrip(">"), justify=side, no_wrap=not is_last, overflow="fold", min_width=least)
        for row in rows:
            table.add_row(*(Text(cell(value)) for value in row))
        anywhere = console.options.update(max_width=_WIDE)  # else it counts what would be cut as fitting
        if console.measure(table, options=anywhere).minimum <= console.width:
            console.print(table)
        else:
            self._broken_table(columns, rows, console.width)

    def _broken_table(self, columns: Sequence[str], rows: Sequence[Sequence[object]], room: int) -> None:
        """A table for a terminal that is too narrow for it: each row on as many lines as its columns need, the further ones set in."""
        texts = [[column.lstrip(">") for column in columns], *([cell(value) for value in row] for row in rows)]
        widths = [max(len(row[n]) for row in texts) for n in range(len(columns))]
        places: list[list[int]] = [[]]
        for n, width in enumerate(widths):
            if places[-1] and _SET_IN + sum(widths[m] + _SET_IN for m in places[-1]) + width > room:
                places.append([])
            places[-1].append(n)
        for number, row in enumerate(texts):
            for line, held in enumerate(places):
                parts = [row[n].rjust(widths[n]) if columns[n].startswith(">") else row[n].ljust(widths[n]) for n in held]
                text = (" " * _SET_IN * bool(line) + "  ".join(parts)).rstrip()
                if text:
                    self._write(self.styled("1", text) if number == 0 else text)

    def _plain_table(self, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        texts = [[column.lstrip(">") for column in columns], *([cell(value) for value in row] for row in rows)]
        widths = [max(len(row[n]) for row in texts) for n in range(len(columns))]
        for row in texts:
            parts = [
                text.rjust(width) if column.startswith(">") else text.ljust(width)
                for column, text, width in zip(columns, row, widths, strict=True)
            ]
            self._write("  ".join(parts).rstrip())

    def _write(self, text: str) -> None:
        try:
            print(text, file=self.stdout)
        except BrokenPipeError:
            raise NobodyReads from None


class _Silence:
    def update(self, part: str, done: int, total: int | None = None) -> None:
        """Nobody looks."""


class _Bars:
    def __init__(self, bars: Progress, title: str) -> None:
        self._bars = bars
        self._title = title
        self._tasks: dict[str, Any] = {}

    def update(self, part: str, done: int, total: int | None = None) -> None:
        """Move the bar of this part."""
        if part not in self._tasks:
            self._tasks[part] = self._bars.add_task(f"{self._title} {visible(part)}".strip(), total=total)
        self._bars.update(self._tasks[part], completed=done, total=total)


def visible(text: str) -> str:
    """The text with control and direction characters written as escapes."""
    return _UNSEEN.sub(_escape, text)


def cell(value: object) -> str:
    """One value as people read it: local time, thousands separated, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, datetime):
        return local(value)
    return visible(str(value))


def local(instant: datetime) -> str:
    """The instant in the machine's own zone, to the second."""
    return instant.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def size(count_bytes: int) -> str:
    """``1.2 MB`` of a number of bytes [bytes], in powers of 1000."""
    amount = float(count_bytes)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" or amount >= 100 else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def _no_color() -> bool:
    from listbackup.bootstrap.settings import is_color_refused

    return is_color_refused()

"""Where a setting comes from: the command line, the environment, a file in TOML; and how it is said that one of them is wrong.

The first that has it wins. A value remembers its place (``--workers``, ``LISTBACKUP_WORKERS``, ``/etc/listbackup.toml:3: workers``), so that a complaint
names what somebody has to correct.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from listbackup.base.errors import InputError

PREFIX = "LISTBACKUP_"
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")
_HEADER = re.compile(r"^\s*\[\s*([A-Za-z0-9_.-]+)\s*\]")
_ENTRY = re.compile(r"^\s*\"?([A-Za-z0-9_.-]+)\"?\s*=")


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """What was said, and where."""

    text: str
    where: str


class Values:
    """Values by name (``S3_BUCKET``); what is set to nothing counts as not set."""

    def __init__(self, values: Mapping[str, Value]) -> None:
        self._values = {name: value for name, value in values.items() if value.text}

    def text(self, name: str) -> str | None:
        """The value as it was said, or None."""
        found = self._values.get(name)
        return found.text if found is not None else None

    def where(self, name: str) -> str:
        """The place of a value, for a complaint."""
        found = self._values.get(name)
        return found.where if found is not None else PREFIX + name

    def flag(self, name: str, default: bool = False) -> bool:
        """1 or 0. Raises InputError."""
        text = (self.text(name) or ("1" if default else "0")).lower()
        if text not in _TRUE + _FALSE:
            raise self._wrong(name, text, "1 or 0")
        return text in _TRUE

    def number(self, name: str, default: int, least: int, most: int) -> int:
        """A whole number between these two, both allowed. Raises InputError."""
        text = self.text(name) or str(default)
        if not (text.isascii() and text.isdigit()) or not least <= int(text) <= most:
            raise self._wrong(name, text, f"a number from {least} to {most}")
        return int(text)

    def choice(self, name: str, default: str, choices: Sequence[str]) -> str:
        """One of these. Raises InputError."""
        text = (self.text(name) or default).lower()
        if text not in choices:
            raise self._wrong(name, text, f"one of {', '.join(choices)}")
        return text

    def names(self, name: str, form: re.Pattern[str], such: str) -> tuple[str, ...]:
        """A list, each of this form: separated by commas in the environment, an array in the file. Raises InputError, which says ``such`` of the form."""
        parts = tuple(part.strip() for part in (self.text(name) or "").split(",") if part.strip())
        for part in parts:
            if form.fullmatch(part) is None:
                raise InputError(f"{self.where(name)} holds {part!r}; it holds {such}", field=name)
        return parts

    def _wrong(self, name: str, text: str, form: str) -> InputError:
        return InputError(f"{self.where(name)} is {text!r}; it is {form}", field=name)


def gather(
    known: Sequence[str],
    *,
    environ: Mapping[str, str],
    flags: Mapping[str, str],
    file: Path,
    required: bool,
    never_in_file: Sequence[str] = (),
) -> Values:
    """Every value with its place. Raises InputError for a file that is not TOML, lacks though it was named, or sets what is no setting."""
    values = _read_file(file, known, never_in_file, required=required)
    for name in known:
        if environ.get(PREFIX + name):
            values[name] = Value(text=environ[PREFIX + name], where=PREFIX + name)
        if flags.get(name):
            values[name] = Value(text=flags[name], where="--" + name.lower().replace("_", "-"))
    return Values(values)


def strangers(known: Sequence[str], environ: Mapping[str, str]) -> tuple[str, ...]:
    """A sentence for each variable that looks like one of ours and is none: somebody believes that it is heard. Values are not part of it."""
    names = sorted(name for name in environ if name.startswith(PREFIX) and name.removeprefix(PREFIX) not in known)
    return tuple(f"{name[:60]} is no setting and was not heard{_meant(name, known)}" for name in names)


def _meant(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name.removeprefix(PREFIX).upper(), known, n=1)
    return f": did you mean {PREFIX}{near[0]}?" if near else "; the settings stand in docs/guides/self-host.md"


def _read_file(path: Path, known: Sequence[str], never: Sequence[str], *, required: bool) -> dict[str, Value]:
    try:
        source = path.read_text("utf-8")
        content = _parsed(source)
    except FileNotFoundError:
        if required:
            raise InputError(f"there is no configuration file {path}", hint=f"correct or unset --config or {PREFIX}CONFIG") from None
        return {}
    except OSError as error:
        raise InputError(f"the configuration file {path} cannot be read: {error.strerror}", hint="it is a file that you may read") from None
    except UnicodeDecodeError:
        raise InputError(f"the configuration file {path} is not a text in UTF-8", hint="it is TOML: name = value, one a line") from None
    except ValueError as error:  # of which broken TOML is one
        raise InputError(f"the configuration file {path} cannot be read: {error}", hint="it is TOML: name = value, one a line") from None
    lines, allowed = _lines_of(source), [name.lower() for name in known if name not in never]
    values = {}
    for name, value in _flat(content):
        where = f"{path}:{lines[name]}: {name}" if name in lines else f"{path}: {name}"
        if name.upper() in never:
            raise InputError(f"{where} does not belong into a file", hint=f"give it in the environment: {PREFIX}{name.upper()}")
        if name not in allowed:
            near = difflib.get_close_matches(name, allowed, n=1)
            raise InputError(f"{where} is no setting", hint=f"did you mean {near[0]}?" if near else "settings: " + ", ".join(allowed))
        values[name.upper()] = Value(text=_text(value, where, name), where=where)
    return values


def _parsed(source: str) -> Mapping[str, Any]:
    import tomllib  # 2 ms of every command where there is no such file

    return tomllib.loads(source)


def _flat(content: Mapping[str, Any], above: str = "") -> list[tuple[str, Any]]:
    """``[s3] bucket = "b"`` is ``s3_bucket = "b"``."""
    found: list[tuple[str, Any]] = []
    for name, value in content.items():
        found += _flat(value, f"{above}{name}_") if isinstance(value, dict) else [(above + name, value)]
    return found


def _text(value: object, where: str, name: str) -> str:
    if isinstance(value, list) and all(isinstance(part, str) and "," not in part for part in value):
        return ",".join(value)
    if not isinstance(value, str | int):
        raise InputError(f"{where} has a value that is neither text nor a number nor a list of texts", field=name)
    return str(int(value)) if isinstance(value, bool) else str(value)


def _lines_of(source: str) -> dict[str, int]:
    """The line on which each name is set [1-based]; good enough for people: TOML's reader does not tell."""
    found: dict[str, int] = {}
    above = ""
    for number, line in enumerate(source.splitlines(), 1):
        header, entry = _HEADER.match(line), _ENTRY.match(line)
        if header is not None:
            above = header[1].replace(".", "_") + "_"
        elif entry is not None:
            found.setdefault(above + entry[1].replace(".", "_"), number)
    return found

"""What a person is asked when connecting: from arguments, files, standard input, and at last a prompt."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from listbackup.base.errors import InputError
from listbackup.base.secret import Secret
from listbackup.cli.output import Output
from listbackup.connectors.engine.connector import ConfigField

MAX_SECRET_BYTES = 64 * 1024
_FROM_FILES = ("file", "spec", "description", "definition")  # fields that ``--file`` fills: nobody types a whole file


@dataclass(frozen=True, slots=True)
class Answers:
    """What the command line gave: ``FIELD=VALUE`` texts, ``FIELD=FILE`` texts, and the file of ``--file``."""

    values: Sequence[str] = ()
    secret_files: Sequence[str] = ()
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """Every field's value, plain and secret."""

    values: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, Secret] = field(default_factory=dict)


def ask_fields(out: Output, fields: Sequence[ConfigField], answers: Answers, *, kept: Mapping[str, str] | None = None) -> Given:
    """Every required field, asked for on a terminal when it was not given. ``kept`` are the values of before, which stay unless given anew.

    Raises InputError for an unknown field, a secret among the arguments, a file that cannot be read, and a missing field when nobody can be asked.
    """
    known = {one.name: one for one in fields}
    given = Given(dict(kept or {}))
    for text in answers.values:
        name, value = _pair(text, known, "--set")
        if known[name].secret:
            raise InputError(
                f"{name} is a secret and arguments can be seen by others on this machine",
                hint=f"give it as  --secret-file {name}=FILE  or type it when asked",
            )
        given.values[name] = value
    if answers.file is not None:
        given.values.update(file_value(fields, answers.file))
    for text in answers.secret_files:
        name, path = _pair(text, known, "--secret-file")
        secret = _read_secret(name, path)
        if known[name].secret:
            given.secrets[name] = secret
        else:
            given.values[name] = secret.reveal()
    for one in fields:
        _ask(out, one, given, again=kept is not None)
    return given


def file_value(fields: Sequence[ConfigField], path: Path) -> dict[str, str]:
    """The text of ``--file``, under the name of the field that it is for. Raises InputError."""
    return {_file_field(fields): _read_text(path)}


def _ask(out: Output, one: ConfigField, given: Given, *, again: bool) -> None:
    if one.name in given.values or one.name in given.secrets:
        return
    if not one.required or (one.default is not None and not sys.stdin.isatty()):
        return
    if out.as_json or not sys.stdin.isatty() or one.name in _FROM_FILES:
        if again:
            return
        way = f"--secret-file {one.name}=FILE" if one.secret else f"--set {one.name}=VALUE"
        way = "--file FILE" if one.name in _FROM_FILES else way
        raise InputError(f"{one.name} ({one.label}) is missing and there is nobody to ask", hint=f"give it as  {way}", field=one.name)
    answer = _prompt(one)
    if one.secret:
        given.secrets[one.name] = Secret(answer)
    else:
        given.values[one.name] = answer


def _prompt(one: ConfigField) -> str:
    import typer

    text = one.label + (f" ({one.help})" if one.help else "")
    answer: str = typer.prompt(text, default=one.default, hide_input=one.secret, err=True)
    return answer.strip()


def _pair(text: str, known: Mapping[str, ConfigField], option: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise InputError(f"{option} {name!r} has no '='", hint=f"write  {option} FIELD=VALUE")
    if name not in known:
        raise InputError(f"there is no field {name!r}", hint="fields: " + ", ".join(known), field=name)
    return name, value


def _file_field(fields: Sequence[ConfigField]) -> str:
    for one in fields:
        if one.name in _FROM_FILES:
            return one.name
    raise InputError("this platform needs no file", hint="--file is for  listbackup connect rest")


def _read_text(path: Path) -> str:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {getattr(error, 'strerror', None) or 'it is not UTF-8 text'}") from None
    if not text.strip():
        raise InputError(f"{path} is empty", hint="write a description of the API: docs/guides/connect-any-api.md")
    return text


def _read_secret(name: str, path: str) -> Secret:
    try:
        raw = sys.stdin.buffer.read(MAX_SECRET_BYTES + 1) if path == "-" else Path(path).read_bytes()
        text = raw.decode().strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the secret {name} cannot be read from {path}: {getattr(error, 'strerror', None) or 'it is not text'}") from None
    if not text or len(raw) > MAX_SECRET_BYTES:
        raise InputError(f"the secret {name} in {path} is " + ("empty" if not text else "too long"), field=name)
    return Secret(text)

"""The platform ``rest``: a connection brings its own description, and with it the fields that are asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from listbackup.base.decode import from_json
from listbackup.base.errors import InputError
from listbackup.connectors.engine.connector import ConfigField, Credentials, Ground, Memory
from listbackup.connectors.engine.facts import Api
from listbackup.connectors.engine.session import ApiSession, FactsConnector

if TYPE_CHECKING:
    from listbackup.connectors.engine.sign_in import SignIn

DEFINITION = ConfigField(
    name="definition",
    label="Description of the API",
    help="the text of a YAML file, see docs/guides/connect-any-api.md; on the command line: --file my-api.yaml",
)


class RestConnector:
    """Reads a connection's ``definition`` and is then the connector that it describes."""

    platform = "rest"
    label = "Any JSON API"

    @property
    def config(self) -> Sequence[ConfigField]:
        """The definition; what else is asked for depends on it (``config_for``)."""
        return [DEFINITION]

    def config_for(self, values: Mapping[str, str]) -> Sequence[ConfigField]:
        """The definition, and what it asks for. Raises InputError for one that cannot be used."""
        text = values.get(DEFINITION.name)
        return [DEFINITION, *(_described(text).config if text else ())]

    def sign_in(self, values: Mapping[str, str]) -> SignIn | None:
        """The sign-in page that the definition describes. Raises InputError for a definition that cannot be used."""
        text = values.get(DEFINITION.name)
        found = _described(text).sign_in(values) if text else None
        return None if found is None else replace(found, asks=(DEFINITION, *found.asks), is_described=True)

    def open(self, credentials: Credentials, ground: Ground) -> ApiSession:
        """A session; sends nothing yet. Raises InputError."""
        text = credentials.text(DEFINITION.name)
        if not text:
            raise InputError("there is no description of the API", field=DEFINITION.name, hint="listbackup connect rest --file my-api.yaml")
        values = {name: value for name, value in credentials.values.items() if name != DEFINITION.name}
        described = _described(text) if ground.memory is None else _remembered(text, ground.memory)
        return described.open(Credentials(values=values, secrets=credentials.secrets), ground)


def connector() -> RestConnector:
    """The platform ``rest``."""
    return RestConnector()


def load_rest_file(path: Path) -> FactsConnector:
    """The connector that a file describes. Raises InputError that names the file, the line and the field."""
    from listbackup.connectors.rest.file import MAX_BYTES  # see _made

    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    if len(raw) > MAX_BYTES:
        raise InputError(f"{path} is larger than {MAX_BYTES // 1024} KiB", hint="is this the right file?")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path} is not UTF-8 text") from None
    return _made(text, str(path))


@lru_cache(maxsize=16)
def _described(text: str) -> FactsConnector:
    return _made(text, "the definition")  # a worker opens the same connection again and again


def _made(text: str, name: str) -> FactsConnector:
    from listbackup.connectors.rest.file import parse  # YAML takes 20 ms, which who only lists platforms does not need

    return FactsConnector(api=parse(text, name))


def _remembered(text: str, memory: Memory) -> FactsConnector:
    """The definition's own words as JSON, kept: they are judged like the definition, but nobody loads YAML for them."""
    kept = memory.recall(text)
    api = _judged(kept) if kept is not None else None
    if api is None:
        from listbackup.connectors.rest.file import parse_words

        api, words = parse_words(text, "the definition")
        with suppress(TypeError, ValueError, OverflowError):  # YAML can say what JSON cannot
            plain = msgspec.json.encode(words)
            if _judged(plain) == api:
                memory.keep(text, plain)
    return FactsConnector(api=api)


def _judged(words: bytes) -> Api | None:
    """What these words describe; None where they are no description (any more)."""
    from listbackup.connectors.engine.facts_check import troubles

    try:
        api = from_json(words, Api)
    except msgspec.DecodeError:
        return None
    return None if troubles(api) else api

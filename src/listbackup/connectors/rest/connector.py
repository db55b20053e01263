"""The platform ``rest``: a connection brings its own description, and with it the fields that are asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from listbackup.base.errors import InputError
from listbackup.connectors.engine.connector import ConfigField, Credentials, Ground
from listbackup.connectors.engine.session import ApiSession, FactsConnector
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
        return _described(text).open(Credentials(values=values, secrets=credentials.secrets), ground)


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
    from listbackup.connectors.rest.file import parse  # YAML takes 10 ms, which who only lists platforms does not need

    return FactsConnector(api=parse(text, name))

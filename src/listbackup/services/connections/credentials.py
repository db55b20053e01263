"""Whether what a person gives is what a platform asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from listbackup.base.errors import InputError
from listbackup.base.secret import Secret
from listbackup.connectors.engine.connector import ConfigField, Connector, Credentials, Site, asked_fields

if TYPE_CHECKING:
    from listbackup.connectors.engine.sign_in import SignIn


def by_key(connector: Connector, values: Mapping[str, str], secrets: Mapping[str, Secret]) -> Credentials:
    """The credentials that were typed or pasted. Raises InputError for a field that is missing or unknown."""
    return sorted_out(connector.label, asked_fields(connector, values), values, secrets)


def by_sign_in(connector: Connector, values: Mapping[str, str], secrets: Mapping[str, Secret]) -> tuple[SignIn, Credentials]:
    """The platform's sign-in page, and what has to be known before; tokens are no part of that. Raises InputError."""
    from listbackup.connectors.engine.sign_in import SignsIn  # brings the wire's addresses, which nobody needs who only looks at records

    page = connector.sign_in(values) if isinstance(connector, SignsIn) else None
    if page is None:
        raise InputError(f"{connector.label} has no sign-in page", field="platform", hint="connect it with a key")
    return page, sorted_out(connector.label, page.asks, values, secrets)


def without_tokens(secrets: Mapping[str, Secret]) -> dict[str, Secret]:
    """The secrets that a person gave."""
    from listbackup.connectors.engine.sign_in import TOKENS

    return {name: secret for name, secret in secrets.items() if name not in TOKENS}


def leads_elsewhere(known: Mapping[str, str], given: Mapping[str, str] | None) -> bool:
    """Whether what is given now differs from what was known when the secrets were given: the address, a part of it, whose they are. Then they have to be given
    anew, because whoever may change a connection could otherwise have its secrets sent to a place of their own."""
    return any(known.get(name) != text for name, text in (given or {}).items())


def sorted_out(label: str, asked: Iterable[ConfigField], values: Mapping[str, str], secrets: Mapping[str, Secret]) -> Credentials:
    """Plain values and secrets as the fields say, with defaults in place. Raises InputError."""
    fields = {field.name: field for field in asked}
    for part, given in (("values", values), ("secrets", secrets)):
        for name in given:
            if name not in fields:
                hint = "it asks for: " + ", ".join(fields)
                raise InputError(f"{label} does not ask for {name!r}", field=f"{part}/{name.replace('/', '~1')}", hint=hint)
    plain, hidden = dict(values), dict(secrets)
    for name in [name for name, field in fields.items() if field.secret and name in plain]:
        hidden[name] = Secret(plain.pop(name))  # what the platform calls a secret is treated as one, however it was given
    for name, field in fields.items():
        if name in plain or name in hidden:
            continue
        if field.default is not None:
            plain[name] = field.default
        elif field.required:
            part = "secrets" if field.secret else "values"
            raise InputError(f"{label} needs {field.label!r}", field=f"{part}/{name}", hint=f"give a value for {name}")
    return Credentials(values=plain, secrets=hidden)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreedTo:
    """What a person agreed to, tested."""

    values: Mapping[str, str]
    secrets: Mapping[str, Secret]
    client_id: str | None
    site: Site

"""Passkeys: WebAuthn credentials, verified by the ``webauthn`` library; the challenges and the counters are kept here.

Source: Web Authentication Level 3 (W3C), sections 7.1 and 7.2.
"""

from __future__ import annotations

import base64
import binascii
import secrets
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from listbackup.backends.identity.people import BuiltinPeople
from listbackup.backends.identity.port import Passkey, Person, SignInRefused, Writes
from listbackup.backends.identity.settings import IdentitySettings
from listbackup.backends.identity.table import PASSKEYS
from listbackup.backends.identity.tickets import Purpose, Ticket, Tickets
from listbackup.backends.table.port import Absent, Delete, Equals, Item, Put, Scalar, Tables
from listbackup.base.clock import Clock
from listbackup.base.decode import from_json
from listbackup.base.errors import InputError, NotFound
from listbackup.base.paging import iter_pages

CHALLENGE_BYTES = 32
MOST = 20  # passkeys of one person

_LONGEST = 16_384


class _ClientData(msgspec.Struct):
    challenge: str


class _Response(msgspec.Struct):
    clientDataJSON: str


class _Answer(msgspec.Struct):
    id: str
    response: _Response


class BuiltinPasskeys:
    """Public keys in the table ``PASSKEYS``, by credential id."""

    def __init__(self, tables: Tables, people: BuiltinPeople, tickets: Tickets, clock: Clock, settings: IdentitySettings) -> None:
        self._table = tables.open(PASSKEYS)
        self._people, self._tickets, self._clock, self._figures = people, tickets, clock, settings

    def begin_registration(self, person: Person) -> tuple[str, Writes]:
        """See the port. Passkeys that the person has already are left out by the browser."""
        challenge, writes = self._challenge(Ticket(purpose=Purpose.PASSKEY_REGISTRATION, user=person.id, generation=person.generation))
        options = generate_registration_options(
            rp_id=self._figures.relying_party,
            rp_name=self._figures.product,
            user_id=person.id.encode(),
            user_name=person.email,
            challenge=challenge,
            timeout=int(self._figures.challenge.total_seconds() * 1000),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=_raw(one.id)) for one in self.list(person)],
        )
        return options_to_json(options), writes

    def finish_registration(self, person: Person, answer: str, *, name: str) -> tuple[Person, Passkey, Writes]:
        """See the port."""
        if not 1 <= len(name.strip()) <= 100:
            raise InputError("a passkey's name has 1 to 100 characters", field="name")
        if person.passkeys >= MOST:
            raise InputError(f"a person has at most {MOST} passkeys", hint="remove one that is not used")
        _, challenge = _taken_apart(answer)
        ticket, used = self._tickets.use(Purpose.PASSKEY_REGISTRATION, challenge)
        if ticket.user != person.id or ticket.generation != person.generation:
            raise SignInRefused
        with _refusing():
            proved = verify_registration_response(
                credential=answer,
                expected_challenge=_raw(challenge),
                expected_rp_id=self._figures.relying_party,
                expected_origin=list(self._figures.origins),
                require_user_verification=True,
            )
        passkey = Passkey(
            id=_text(proved.credential_id),
            user=person.id,
            name=name.strip(),
            created_at=self._clock.now(),
            public_key=proved.credential_public_key,
            sign_count=proved.sign_count,
            backed_up=proved.credential_backed_up,
        )
        newer, changed = self._people.change(person, replace(person, passkeys=person.passkeys + 1, generation=person.generation + 1))
        return newer, passkey, [*used, (self._table, Put(item=_item(passkey), if_=Absent())), *changed]

    def begin_sign_in(self) -> tuple[str, Writes]:
        """See the port."""
        challenge, writes = self._challenge(Ticket(purpose=Purpose.PASSKEY_SIGN_IN))
        options = generate_authentication_options(
            rp_id=self._figures.relying_party,
            challenge=challenge,
            timeout=int(self._figures.challenge.total_seconds() * 1000),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return options_to_json(options), writes

    def finish_sign_in(self, answer: str) -> tuple[Person, Passkey, Writes]:
        """See the port. A passkey whose counter went back comes out ``suspicious`` once and must not sign anybody in; later it is refused."""
        credential, challenge = _taken_apart(answer)
        _, used = self._tickets.use(Purpose.PASSKEY_SIGN_IN, challenge)
        row = self._table.find(credential, "passkey") if len(credential.encode()) <= 2000 and credential else None
        passkey = _read(row) if row is not None else None
        person = self._people.find(passkey.user) if passkey is not None else None
        if passkey is None or passkey.suspicious or person is None or person.disabled:
            raise SignInRefused
        with _refusing():
            proved = verify_authentication_response(
                credential=answer,
                expected_challenge=_raw(challenge),
                expected_rp_id=self._figures.relying_party,
                expected_origin=list(self._figures.origins),
                credential_public_key=passkey.public_key,
                credential_current_sign_count=0,  # compared below: a counter that went back is remembered, not only refused
                require_user_verification=True,
            )
        went_back = passkey.sign_count > 0 and proved.new_sign_count <= passkey.sign_count
        newer = replace(
            passkey,
            sign_count=max(passkey.sign_count, proved.new_sign_count),
            used_at=self._clock.now(),
            suspicious=went_back,
            version=passkey.version + 1,
        )
        return person, newer, [*used, (self._table, Put(item=_item(newer), if_=Equals({"version": passkey.version})))]

    def remove(self, person: Person, passkey: str) -> tuple[Person, Writes]:
        """See the port."""
        found = next((one for one in self.list(person) if one.id == passkey), None)
        if found is None:
            raise NotFound(f"there is no passkey {passkey[:100]!r}")
        newer, changed = self._people.change(
            person, replace(person, passkeys=max(0, person.passkeys - 1), generation=person.generation + 1)
        )
        return newer, [*changed, (self._table, Delete(pk=found.id, sk="passkey", if_=Equals({"version": found.version})))]

    def clear(self, person: Person) -> Writes:
        """See the port."""
        return [(self._table, Delete(pk=one.id, sk="passkey")) for one in self.list(person)]

    def list(self, person: Person) -> Sequence[Passkey]:
        """See the port."""
        rows = iter_pages(lambda cursor: self._table.query(person.id, index="by_user", cursor=cursor))
        return sorted(map(_read, rows), key=lambda one: (one.created_at, one.id))

    def _challenge(self, ticket: Ticket) -> tuple[bytes, Writes]:
        challenge = secrets.token_bytes(CHALLENGE_BYTES)
        _, writes = self._tickets.make(ticket, self._figures.challenge, token=_text(challenge))
        return challenge, writes


def _taken_apart(answer: str) -> tuple[str, str]:
    """The credential's id and the challenge that a browser's answer claims. Raises SignInRefused."""
    if len(answer) > _LONGEST:
        raise SignInRefused
    try:
        said = from_json(answer.encode("utf-8", "surrogatepass"), _Answer)
        client = from_json(_raw(said.response.clientDataJSON), _ClientData)
        return _text(_raw(said.id)), _text(_raw(client.challenge))
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise SignInRefused from None


@contextmanager
def _refusing() -> Iterator[None]:
    """Whatever the library finds wrong with an answer is one refusal."""
    wrong = (WebAuthnException, InvalidSignature, UnsupportedAlgorithm, ValueError, LookupError, TypeError, AttributeError, struct.error)
    try:
        yield
    except wrong:
        raise SignInRefused from None


def _item(passkey: Passkey) -> dict[str, Scalar]:
    doc = msgspec.json.encode(passkey).decode()
    return {"pk": passkey.id, "sk": "passkey", "user": passkey.user, "version": passkey.version, "doc": doc}


def _read(row: Item) -> Passkey:
    return from_json(str(row["doc"]), Passkey)


def _raw(text: str) -> bytes:
    """Bytes of base64url. Raises ValueError."""
    if not text.isascii():
        raise ValueError("not base64url")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")

"""People as they go over the wire."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field

from listbackup.backends.identity.port import Person
from listbackup.http.paging import Body
from listbackup.services.users.model import Profile, Theme, UserSettings
from listbackup.services.users.registration import Admission

Email = Annotated[str, Field(min_length=3, max_length=320, description="An address.", examples=["ada@example.com"])]
Password = Annotated[
    str,
    Field(
        min_length=1,
        max_length=1024,
        description="At least 15 characters (12 with a second factor), none that others would guess.",
        examples=["seven brass kettles on a shelf"],
    ),
]
PersonName = Annotated[str, Field(min_length=1, max_length=100, examples=["Ada Lovelace"])]
Token = Annotated[str, Field(min_length=1, max_length=200, description="What stands behind `#token=` in the link of the mail.")]


class SetupIn(Body):
    """The first owner of a new installation."""

    code: Annotated[str, Field(min_length=1, max_length=100, description="Stands where the server was started.", examples=["ABCD-EFGH-IJKL-MNOP-QRST-UVWX"])]  # fmt: skip
    email: Email
    password: Password
    name: PersonName


class RegisterIn(Body):
    """Somebody new; with an invitation the account is the one they were invited to."""

    email: Email
    password: Password
    name: PersonName
    account_name: Annotated[str, Field(max_length=100, description="Of the new account; not needed with an invitation.", examples=["Analytical Engines"])] = ""  # fmt: skip
    invitation: Annotated[str | None, Field(max_length=200, description="The token of an invitation that was sent to this address.")] = None


class VerifyIn(Body):
    """A link that was followed, and the password to sign in with: one that was typed before the address was shown to be its owner's counts for nothing."""

    token: Token
    password: Annotated[
        Password | None,
        Field(
            description="What this person signs in with from now on; null or left out: a second mail has the link by which it is chosen."
        ),
    ] = None


class ResendIn(Body):
    """Who waits for a link."""

    email: Email


class ChangedMe(Body):
    """What changes of one's profile."""

    name: PersonName


class ChangedSettings(Body):
    """What changes of one's settings; what is left out stays."""

    theme: Theme | None = None
    time_zone: Annotated[str | None, Field(max_length=60, description="A name of the IANA data base.", examples=["Europe/Berlin"])] = None
    locale: Annotated[str | None, Field(max_length=40, description="A language's tag (BCP 47).", examples=["en"])] = None
    week_starts_on: Annotated[int | None, Field(ge=1, le=7, description="1 is Monday.")] = None


class NewEmail(Body):
    """Another address."""

    email: Email


@dataclass(frozen=True, slots=True, kw_only=True)
class WelcomeOut:
    """What somebody who is not signed in may know: how one comes in here."""

    needs_setup: bool
    registration: Admission


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeOut:
    """A new person. ``chooses_password``: there is none yet, a mail has the link by which it is chosen; otherwise they can sign in now."""

    user: str
    email: str
    chooses_password: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """The person who calls."""

    id: str
    name: str
    email: str
    has_mfa: bool
    created_at: datetime
    settings: UserSettings
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailAgreed:
    """Whether the address is changed: it is when both the old and the new one have agreed. Then every session has ended."""

    changed: bool


def show_me(profile: Profile, person: Person) -> Me:
    """A person as they see themselves."""
    return Me(
        id=person.id,
        name=profile.name,
        email=person.email,
        has_mfa=person.has_mfa,
        created_at=profile.created_at,
        settings=profile.settings,
        version=profile.version,
    )

"""The mail port: letters to people.

Contract
- ``send`` returns when the letter is in other hands (a server's, a folder's); whether it arrives nobody knows. A letter that is sent again carries the same ``id``.
- ``BackendError.retryable`` tells whether the same letter may be taken later; a refusal of its address for good is not retryable.
- ``MailShut`` is no letter's fault: nobody's is taken until whoever runs this installation has done something (rights, credentials, a verified sender).
- Who retries: ``services.post``, which keeps a letter until it was taken.
- Header injection is the port's business: a letter with a line break in its address or subject cannot be made.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from listbackup.base.errors import BackendError, InputError

if TYPE_CHECKING:
    from email.message import EmailMessage

_ADDRESS = re.compile(r"[^\s@\"<>(),;:\\\[\]]{1,64}@[^\s@\"<>(),;:\\\[\]/]{1,253}")


class MailShut(BackendError):
    """No letter of ours is taken, whoever it is for, until the operator has done what ``hint`` says."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, retryable=True, hint=hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail to one person, as plain text."""

    id: str
    to: str
    subject: str
    text: str

    def __post_init__(self) -> None:
        for name, value in (("id", self.id), ("to", self.to), ("subject", self.subject)):
            if not value or any(unicodedata.category(c) in ("Cc", "Zl", "Zp", "Cs") for c in value):
                raise InputError(f"a letter's {name} is one line of text", field=name)
        if _ADDRESS.fullmatch(self.to) is None:
            raise InputError("a letter goes to one address", field="to")

    def __repr__(self) -> str:
        return f"Letter(id={self.id!r}, ***)"


class Mail(Protocol):
    """Where letters are handed in."""

    def send(self, letter: Letter) -> None:
        """Hand it over. Raises BackendError, MailShut."""
        ...


def as_message(letter: Letter, *, sender: str) -> EmailMessage:
    """The letter as RFC 5322 has it, without a date: whoever takes it adds that."""
    from email.headerregistry import Address  # every command knows of letters, few write one
    from email.message import EmailMessage
    from email.policy import SMTPUTF8

    message = EmailMessage(policy=SMTPUTF8)
    user, _, domain = letter.to.partition("@")
    try:
        message["To"] = Address(username=user, domain=domain)
        message["From"] = sender
        message["Subject"] = letter.subject
        message["Message-ID"] = f"<{letter.id}@{sender.rpartition('@')[2].strip('>')}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
    except (ValueError, IndexError):
        raise InputError("this is not an address that mail can be sent to", field="to") from None
    return message

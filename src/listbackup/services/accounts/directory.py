"""What accounts ask of others: who a person is, and that letters reach them. ``bootstrap`` gives identity and the post; tests give a dict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from listbackup.base.ids import UserId
from listbackup.services.rows import Writes


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A person as the people of their accounts see them."""

    user: UserId
    name: str
    email: str
    email_verified: bool = True
    has_mfa: bool = False


class Directory(Protocol):
    """Who there is."""

    def find(self, user: str) -> Card | None:
        """The person of this id, or None."""
        ...

    def check_address(self, email: str) -> str:
        """The address as it is written to. Raises InputError for one that no letter reaches."""
        ...

    def is_address_of(self, email: str, card: Card) -> bool:
        """Whether this address is the person's, as a mail server would see it."""
        ...


class LetterBox(Protocol):
    """Takes letters (``services.post.Post`` does)."""

    def write(self, *, to: str, subject: str, text: str) -> Writes:
        """The write that posts a letter."""
        ...

"""Names and ids: people name a source, the API wants its id."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, Protocol, TypeVar

from listbackup.base.errors import NotFound
from listbackup.base.ids import is_id
from listbackup.services.rows import did_you_mean, plain_name


class Called(Protocol):
    """Something with an id and a name."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...


T = TypeVar("T", bound=Called)


class Names(Generic[T]):
    """The things of one kind, found by id or name. An id is asked for; a name is looked for in the listing, which is read once."""

    def __init__(self, noun: str, prefix: str, get: Callable[[str], T], every: Callable[[], Iterable[T]]) -> None:
        self._noun, self._prefix, self._get, self._every = noun, prefix, get, every
        self._listed: Iterator[T] | None = None
        self._known: dict[str, T] = {}

    def get(self, text: str) -> T:
        """The thing of this id or name, as it was when it was first looked at. Raises NotFound, with the names that are near."""
        if text in self._known:
            return self._known[text]
        if is_id(text, self._prefix):
            try:
                return self.remember(self._get(text))
            except NotFound:
                raise self._missing(text) from None
        wanted = plain_name(text)
        for one in self._rest():
            if plain_name(one.name) == wanted:
                self._known[text] = one
                return one
        raise self._missing(text)

    def remember(self, thing: T) -> T:
        """The thing, known from now on."""
        self._known[thing.id] = self._known[thing.name] = thing
        return thing

    def forget(self) -> None:
        """Something was changed: look anew."""
        self._known.clear()
        self._listed = None

    def _rest(self) -> Iterator[T]:
        """Everything that is known, then what the listing still holds."""
        yield from list({one.id: one for one in self._known.values()}.values())
        if self._listed is None:
            self._listed = iter(self._every())
        for one in self._listed:
            yield self.remember(one)

    def _missing(self, text: str) -> NotFound:
        names = list(dict.fromkeys(one.name for one in self._rest()))
        return NotFound(f"there is no {self._noun} named {text!r}", hint=did_you_mean(text, names, self._noun))

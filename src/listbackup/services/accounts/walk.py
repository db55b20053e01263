"""Branches as a listing: each account before those below it, in order of id, page by page, without anything that is in the trash.

A cursor is the way down to the account that was shown last. It comes back from outside, so each step of it is looked at again: what is not below a root of
this listing (any more) is not entered.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from listbackup.base.errors import InputError
from listbackup.base.paging import Page
from listbackup.services.accounts.model import Account, AccountState
from listbackup.services.accounts.tree import Tree, is_account_id

_BATCH = 100
_DEEPEST = 64


@dataclass(frozen=True, slots=True)
class Place:
    """An account in a listing, and the way down to it from one of the listing's roots, both counted."""

    account: Account
    way: tuple[str, ...]


class Walk:
    """The accounts of some branches. ``is_inside``: the roots themselves are not listed; ``depth`` 0: nothing else is."""

    def __init__(self, tree: Tree, roots: Sequence[str], *, is_inside: bool = False, depth: int | None = None) -> None:
        self._tree, self._roots, self._is_inside, self._is_flat = tree, sorted(roots), is_inside, depth == 0

    def page(self, *, limit: int, cursor: str | None = None) -> Page[Place]:
        """The next accounts. Raises InputError for a cursor that is none."""
        found: list[Place] = []
        for place in self._from(_parsed(cursor) if cursor is not None else ()):
            if len(found) == limit:
                return Page(items=found, next_cursor="/".join(found[-1].way))
            found.append(place)
        return Page(items=found)

    def iter_trash(self) -> Iterator[Account]:
        """What was thrown away below these roots, is not below something else that was, and can be taken back."""
        living = (place.account.id for place in self._from(()))
        for account in itertools.chain(self._roots if self._is_inside else (), living):
            if not self._is_flat:
                yield from (one for one in self._tree.iter_children(account) if one.state is AccountState.TRASHED and not one.is_shredding)

    def _from(self, way: tuple[str, ...]) -> Iterator[Place]:
        """What comes after the end of this way, going up from it; the way is believed only as far as it leads down from a root."""
        sure = self._believed(way)
        if sure and len(sure) == len(way):
            yield from self._under(sure)
        for length in range(0 if self._is_flat else len(sure), 0, -1):
            if length < len(way):
                yield from self._siblings(sure[:length], way[length])
        after = way[0] if way else ""
        for root in self._roots:
            if root > after:
                yield from self._branch(root, ())

    def _believed(self, way: tuple[str, ...]) -> tuple[str, ...]:
        sure: list[str] = []
        for id_ in way:
            account = self._tree.find(id_)
            is_next = id_ in self._roots if not sure else account is not None and account.parent == sure[-1]
            if account is None or not is_next or account.state is AccountState.TRASHED:
                break
            sure.append(id_)
        return tuple(sure)

    def _branch(self, root: str, above: tuple[str, ...]) -> Iterator[Place]:
        account = self._tree.find(root)
        if account is None or self._tree.chain(root).state is AccountState.TRASHED:
            return
        if not self._is_inside:
            yield Place(account, (*above, root))
        yield from self._under((*above, root))

    def _under(self, way: tuple[str, ...]) -> Iterator[Place]:
        return iter(()) if self._is_flat else self._siblings(way, None)

    def _siblings(self, way: tuple[str, ...], after: str | None) -> Iterator[Place]:
        while True:
            children = self._tree.children(way[-1], after=after, limit=_BATCH).items
            for child in children:
                if child.state is not AccountState.TRASHED:
                    yield Place(child, (*way, child.id))
                    yield from self._under((*way, child.id))
            if len(children) < _BATCH:
                return
            after = children[-1].id


def _parsed(cursor: str) -> tuple[str, ...]:
    way = tuple(cursor.split("/"))
    if len(way) > _DEEPEST or not all(is_account_id(one) for one in way):
        raise InputError("this is no cursor of this listing", field="cursor", hint="begin again without one")
    return way

"""Loading code: late, when one of its names is used, and without looking for garbage in it."""

from __future__ import annotations

import gc
import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any


def when_named(package: str, homes: Mapping[str, Sequence[str]]) -> Callable[[str], Any]:
    """The ``__getattr__`` of a package whose modules are loaded when one of their names is: ``homes`` says which module (``.inside`` or ``out.side``) has which names.

    For ``else`` behind ``if TYPE_CHECKING``, where the same names are imported: so a name that there is not is still found by the type checker.
    """
    home_of = {name: module for module, names in homes.items() for name in names}

    def __getattr__(name: str) -> Any:
        if name not in home_of:
            raise AttributeError(f"{package} has no {name}")
        return getattr(importlib.import_module(home_of[name], package), name)

    return __getattr__


@contextmanager
def loading() -> Iterator[None]:
    """The cyclic collector rests inside: of what modules, classes and clients are made nothing is garbage, and it would walk through all of it again and again.

    Measured: 60 of the 460 ms that a function's first answer took.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()

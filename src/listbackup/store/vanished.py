"""What the records are called that a run did not bring: the prior has their ids alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from listbackup.store.columns import Rows
from listbackup.store.detect import Ids, Prior


def codes_at(prior: Prior, ids: Ids, places: npt.NDArray[np.intp], live: Callable[[], Iterator[Rows]]) -> list[bytes]:
    """The codes of the records at these places of the prior, ascending: out of the ids where they fit in, out of the key frames (``live``) otherwise."""
    codes, missing = [], []
    firsts, seconds = prior.first[places].tolist(), prior.second[places].tolist()
    for place, first, second in zip(places.tolist(), firsts, seconds, strict=True):
        code = ids.code(first, second)
        if code is None:
            missing.append(place)
        else:
            codes.append(code)
    if missing:
        codes += _searched(prior, ids, np.array(missing, np.int64), live)
    codes.sort()
    return codes


def _searched(prior: Prior, ids: Ids, missing: npt.NDArray[np.int64], live: Callable[[], Iterator[Rows]]) -> list[bytes]:
    wanted = np.unique(prior.vhash[missing])
    is_missing = np.zeros(len(prior), np.bool_)
    is_missing[missing] = True
    codes: list[bytes] = []
    for rows in live():
        likely = rows.take(np.flatnonzero(np.isin(rows.vhash, wanted)))
        if len(likely):
            positions, found, _ = prior.find(*ids.of(likely.codes))
            codes += [code for code, hit in zip(likely.codes, (found & is_missing[positions]).tolist(), strict=True) if hit]
    return codes

"""How fast a platform may be asked that does not say: learnt from as few refusals as can be.

A platform's patience is a bucket of ``size`` tokens that fills at ``rate``; a fixed window is much the same. At a refusal it is empty. So between two
refusals just what flowed in passed, and that is the rate, unless the bucket was full for a part of the silence in between: then it is more. Where that
cannot be excluded the rate lies between what was seen and what was refused, and is halved in on. Once it is known to 3 %, it is held, and a little more is
tried after a thousand requests, then after two thousand, and so on: the answer to every such question costs a refusal.

A platform that refuses again before it let anything in is not slow but closed: the pace falls with each such refusal, and the first request that goes well
brings back most of what was known before. And what is very slow is asked about sooner, because a thousand requests would take hours there: a rate that was
learnt in a platform's bad hour is not kept for good. Where a session is too short for such a question, the next one asks it: it begins a quarter faster.
"""

from __future__ import annotations

import math

_SLOWEST = 1 / 60
_SURE = 1.03  # how far what passed and what was refused may lie apart
_BELOW = 0.99  # of what was measured: two clocks never agree
_STAGE = 40  # requests that a rate must last to count as granted, and thrice the bucket
_HOLD, _LONGEST_HOLD = 1000, 32_000  # requests from one try of a little more to the next
_STEP = 1.03
_SOON = 60.0  # a rate counts as granted after so long [s], however few requests that are
_FEWEST = 3  # requests that a rate must last, however slow it is
_SESSION, _NEXT = 20, 1.25  # what a session without a refusal must have asked for the next one to begin faster, and how much


class Pace:
    """The rate of one platform as far as it is known; None before the first refusal. One thread at a time."""

    def __init__(self, known: float | None = None) -> None:
        self.rate: float | None = known
        self._low, self._high = known or 0.0, math.inf
        self._bucket = 0.0  # how much the bucket holds at most
        self._is_held = known is not None
        self._is_unrefused = True
        self._asked = 0  # requests to wait with the next question, since the last one was refused
        self._hold = self._held_for()
        self._step = _STEP
        self._stage = 0  # requests that went well at this rate
        self._before: float | None = None  # the rate at which the platform closed altogether, as long as it is closed

    @property
    def learnt(self) -> float | None:
        """What a later session may begin with."""
        if not self._low:
            return None
        return self._low * _NEXT if self._is_unrefused and self._is_held and self._stage >= _SESSION else self._low

    def went_well(self) -> None:
        """One more request was let in."""
        if self.rate is None:
            return
        self._stage += 1
        if self._before is not None:
            self._keep(self._before * 0.9)
        elif self._is_held:
            if self._stage >= self._hold:
                self._try(self.rate * self._step)
        elif self._stage >= min(max(_STAGE, 3 * self._bucket), max(_FEWEST, self.rate * _SOON)):
            self._granted()

    def refused(self, passed: int, flying: int, elapsed: float, silence: float) -> None:
        """A refusal, ``elapsed`` seconds after the one before (or the beginning); so many ``passed`` in between, and the next ``silence`` seconds nothing will."""
        stage, self._stage, self._is_unrefused = self._stage, 0, False
        if self.rate is None:
            self._bucket = float(max(passed + flying, 1))  # refusals come back before what was let in
            self.rate = max(self._bucket / (elapsed + max(silence, 0.05)), _SLOWEST)
            return
        if passed == 0:  # closed: this says nothing about how fast is too fast
            self._before = self._before or max(self.rate, self._low)
            self.rate = max(self.rate * 0.5, _SLOWEST)
            return
        seen = passed / max(elapsed, 0.001)
        if self._is_held or self._low >= self.rate / _STEP**2:
            self._fell_back(seen, stage)
            return
        self._high = min(self._high, self.rate)
        self._low = min(max(self._low, seen * (1 - 1 / max(passed, 2))), self._high)
        if passed >= 5 and seen * silence <= self._bucket:  # it was never full: this is the rate itself
            self._keep(min(seen, self._high) * _BELOW)
        else:
            self._between()

    def _granted(self) -> None:
        assert self.rate is not None
        self._low = self.rate
        if self._step > _STEP or self._high < math.inf:
            self._between()
        else:
            self._try(self.rate * 1.5)

    def _between(self) -> None:
        assert self.rate is not None
        if self._high == math.inf:
            self._step = min(self._step * self._step, 1.5)
            self._try(self._low * self._step)
        elif self._low * _SURE >= self._high:
            self._keep(self._low)
        else:
            self._try(math.sqrt(max(self._low, self._high / 16) * self._high))

    def _try(self, rate: float) -> None:
        self.rate, self._is_held, self._stage = max(rate, _SLOWEST), False, 0

    def _keep(self, rate: float) -> None:
        self.rate = self._low = max(rate, _SLOWEST)
        self._high, self._is_held, self._stage, self._step, self._before = math.inf, True, 0, _STEP, None
        self._hold = max(self._held_for(), self._asked)

    def _held_for(self) -> int:
        """Requests until more is tried for the first time: the fewer, the slower it is, below one a second."""
        return max(_FEWEST, int(_HOLD * min(1.0, (self.rate or 1.0) ** 2)))

    def _fell_back(self, seen: float, stage: int) -> None:
        """What was held, or a little more than that, was refused."""
        assert self.rate is not None
        if not self._is_held:
            self._asked = min(self._hold * 2, _LONGEST_HOLD)
            self._keep(self._low)
        elif stage >= _STAGE:
            self._keep(self.rate * 0.97)
        else:
            self._keep(max(min(seen, self.rate * 0.9), self.rate * 0.5))

"""How long a background job will still take: steady, and honest about what isn't known.

In: the job's progress, part by part. Out: seconds left and the share done, which never falls.

Each kind of job has a plan: its parts in order, with the seconds they took where they were measured. A part that runs
is judged more and more by its own pace, the parts after it by how much slower this job was than the plan so far. What
is shown is the moment of the end, which follows the newest estimate slowly: the time left counts down, it doesn't jump.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

Plan = Sequence[tuple[str, float]]  # part, seconds it took

# A deep enrollment of a clip of 2 s on two cores, and an evaluation of 18 questions about 4 clips there.
DEEP: Plan = (
    ("measuring the person", 0.5), ("laying the mesh", 0.5), ("measuring the subject", 0.5), ("making samples", 0.2),
    ("making positives", 9.0), ("finding other people", 1.0), ("indexing clips", 15.0), ("cutting negatives", 15.0),
    ("emptying scenes", 1.0), ("checking samples", 1.0), ("filtering", 120.0), ("putting people together", 2.0),
    ("writing questions", 2.0), ("writing the data set", 1.0), ("training", 5.0), ("training on stills", 60.0),
    ("training on clips", 180.0),
)  # fmt: skip
EVALUATION: Plan = (("enrolling the people", 10.0), ("asking about the clips", 60.0), ("scoring the answers", 10.0))

_PRIOR_S = 4.0  # so many seconds of the plan count as confirmed before anything ran
# No time left is told before so much of the plan is done: another machine's seconds say little about this one. Of 150
# made-up jobs whose parts take e^N(0, .5) times the plan on machines e^N(.3, .6) times as slow, 44 % would see the time
# left double when it is told at once, 4 % when it is told from a tenth on.
_SILENT = 0.1
_OWN_SHARE = 0.3  # from this share of a part on, its own pace alone says how long it takes
_FOLLOW_S = (2.0, 12.0)  # the shown end follows the estimate with a quarter of it as time constant, within these
_LATE_S = 12.0  # a last part that has no progress of its own and is so much too late has no time left to tell


@dataclass
class Pace:
    """The clock of one job; times are seconds of one monotonic clock.

    Attributes:
        plan: the job's parts.
        at: index of the part that runs, -1 before the first.
        share: how much of it is done, 0..1.
    """

    plan: Plan = ()
    at: int = -1
    share: float = 0.0
    began: float = 0.0  # the job
    _entered: float = 0.0  # the part
    _spent: float = field(default=0.0, repr=False)  # seconds of the finished parts …
    _planned: float = field(default=0.0, repr=False)  # … and those of the plan for them
    _end: float | None = field(default=None, repr=False)
    _looked: float = field(default=0.0, repr=False)
    _shown: float = field(default=0.0, repr=False)

    def tell(self, part: str, share: float, now: float) -> None:
        """Progress: a part of the plan, or anything else, which is taken for a piece of the part that runs."""
        later = next((i for i in range(max(self.at, 0), len(self.plan)) if self.plan[i][0] == part), None)
        if later is None:
            return
        if later != self.at:
            if self.at >= 0:
                self._spent += now - self._entered
                self._planned += self.plan[self.at][1]
            else:
                self.began = now
            self.at, self.share, self._entered = later, 0.0, now
        self.share = max(self.share, min(1.0, share))

    def left_s(self, now: float) -> float | None:
        """Seconds left; None while nothing is known, or when the last part takes much longer than it should."""
        estimate = self._estimate(now)
        if estimate is None:
            return None
        if self._end is None:
            self._end = now + estimate
        else:
            slow = min(max(estimate / 4, _FOLLOW_S[0]), _FOLLOW_S[1])
            follow = 1 - math.exp(-(now - self._looked) / slow)
            self._end += follow * (now + estimate - self._end)
        self._looked = now
        return max(0.0, self._end - now)

    def done_share(self, now: float) -> float:
        """How much of the whole job is done, by time, 0..1."""
        left = self.left_s(now)
        passed = now - self.began
        if left is None:
            self._shown = max(self._shown, min(_SILENT, self._done()))
        elif passed > 0:
            self._shown = max(self._shown, min(0.99, passed / (passed + left)))
        return self._shown

    def _done(self) -> float:
        """How much of the plan is done, 0..1, whatever it took."""
        whole = sum(seconds for _, seconds in self.plan)
        done = sum(seconds for _, seconds in self.plan[: max(self.at, 0)])
        return (done + self.share * self.plan[self.at][1]) / whole if self.at >= 0 and whole else 0.0

    def _estimate(self, now: float) -> float | None:
        if self.at < 0 or self._done() < _SILENT:
            return None
        here, passed = self.plan[self.at][1], now - self._entered
        later = sum(seconds for _, seconds in self.plan[self.at + 1 :])
        pace = (self._spent + _PRIOR_S) / (self._planned + _PRIOR_S)
        if self.share <= 0:
            rest = max(0.0, pace * here - passed)
        else:
            trust = min(1.0, self.share / _OWN_SHARE)
            own = passed * (1 - self.share) / self.share
            rest = trust * own + (1 - trust) * pace * here * (1 - self.share)
            pace = (
                trust * (self._spent + passed + _PRIOR_S) / (self._planned + self.share * here + _PRIOR_S)
                + (1 - trust) * pace
            )
        if not later and not rest and passed > pace * here + _LATE_S:
            return None
        return rest + pace * later

"""Answers to questions that were read already: the parts they ask about, who is there, the sentences.

In: questions and a look at a clip, or at its beginning. Out: `Answer`s. Questions about one part of the clip are
answered together: each part has presences and facts of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pvchat.chat.english import clock, join, number, span_told
from pvchat.chat.query import PRESENT
from pvchat.chat.question import Conversation, Question, asks_of_sound, asks_of_things, described
from pvchat.chat.window import Window, reach_of, window_of
from pvchat.errors import SettingsError
from pvchat.schemas import Answer, ClipAnalysis, Look, PersonPresence

if TYPE_CHECKING:
    from pvchat.chat.answers import Stream
    from pvchat.chat.writer import Writer
    from pvchat.people.store import Person, Snapshot

NOT_YET = "I haven't come to that part yet."
STILL_LOOKING = "I am still looking."  # where what was seen so far doesn't tell it
_TO_COME = (0.0, 0.0)  # the window of a part that wasn't seen yet
_WORTH_S = 0.25  # a hole that is shorter is no reason to have missed somebody
_MOST_TOLD = 3
_MOST = 0.8  # share of a long video from which all of it is looked through, whatever part is asked about


@dataclass(frozen=True)
class Asking:
    """How some questions are asked.

    Attributes:
        between: the part of the clip that answers; None: what each question names.
        stream: called with pieces of the texts.
        whole_s: the clip's length, seconds, where only its beginning was seen so far; the answers then say so.
        seen: that beginning, or the only part of a long video that was looked at, since no question needs more.
        length_s: the clip's length, seconds, in the latter case.
        started: when they were asked, `time.perf_counter`.
    """

    between: Window | None = None
    stream: Stream | None = None
    whole_s: float | None = None
    seen: ClipAnalysis | None = None
    length_s: float | None = None
    started: float = field(default_factory=time.perf_counter)


@dataclass(frozen=True)
class Answering:
    """Answers questions about a clip.

    Attributes:
        clip: the file.
        conversation: who is known by name, and what was asked about the clip before.
        everyone: who is enrolled.
        score: people's presence in a clip, or in a part of it (seconds; None is all).
        tell: has measured what people do and wear, and things, where a question asks for that (`ClipMemory.tell`).
        writer: writes the texts.
        hear: has listened to the clip, where a question asks for that (`hearing.heard`).
        known: people's presence in all of the clip, where it was asked for already.
    """

    clip: Path
    conversation: Conversation
    everyone: Snapshot
    score: Callable[[Sequence[Person], ClipAnalysis, tuple[float, float] | None], list[PersonPresence]]
    tell: Callable[..., Look]
    writer: Writer
    hear: Callable[..., Look]
    known: list[PersonPresence] | None = None

    def answers(self, questions: Sequence[Question], seen: Look, asking: Asking) -> list[Answer]:
        """The answers, in order.

        Raises:
            SettingsError: a part isn't one of the clip.
        """
        windows = [_window(question, seen.analysis, asking) for question in questions]
        found: dict[int, Answer] = {}
        for window in dict.fromkeys(windows):
            which = [i for i, other in enumerate(windows) if other == window]
            told, seen = self._of_part([questions[i] for i in which], window, seen, asking)
            found |= dict(zip(which, told, strict=True))
        return [self._with_left_out(question, found[i], asking.stream) for i, question in enumerate(questions)]

    def _with_left_out(self, question: Question, answer: Answer, stream: Stream | None) -> Answer:
        """Who can't be read is in no answer about whoever is there: it says so."""
        if not self.everyone.damaged or not question.asks_everybody:
            return answer
        told = f" Left out, since the file is damaged: {', '.join(self.everyone.damaged)}."
        if stream is not None:
            stream(told)
        return replace(answer, answer=answer.answer + told)

    def _of_part(
        self, questions: Sequence[Question], window: tuple[float, float] | None, seen: Look, asking: Asking
    ) -> tuple[list[Answer], Look]:
        """The answers to questions about one part, and the look at the clip with what was measured for them."""
        from pvchat.chat.answers import Viewed
        from pvchat.service.explaining import explain

        if window == _TO_COME:
            analysis, text = seen.analysis, told_so_far(NOT_YET, seen.analysis, asking)
            timing = _timing(seen, asking, time.perf_counter())
            return [Answer(text, q.type, [], timing, unread=analysis.unread) for q in questions], seen
        people = self.everyone.people
        analysis = _part(seen, window)
        known = self.known if window is None else None
        presences = self.score(people, seen.analysis, window) if known is None else known
        things = any(asks_of_things(question.query) for question in questions)
        seen = self.tell(self.clip, seen, described(questions, presences, analysis), things, asking.seen is None)
        if any(asks_of_sound(question.query) or _may_be_heard(question, people, presences) for question in questions):
            seen = self.hear(self.clip, seen, asking.seen is None)
            presences = self.score(people, seen.analysis, window)
        explain(questions, people, presences, analysis)
        said = window is not None or asking.whole_s is not None
        viewed = Viewed(_part(seen, window), presences, self.everyone.names, said, self.conversation, self.clip, people)
        written = self.writer.write([question.text for question in questions], viewed, asking.stream)
        if window is not None:
            _count_in_whole(presences, seen.analysis.shown_between(*window))
        told = [
            Answer(
                told_so_far(one.text, seen.analysis, asking) + told_unread(analysis), one.question.type, one.people,
                _timing(seen, asking, one.first_at), presences, one.grounds, one.finding.to_dict(), analysis.unread,
            )
            for one in written
        ]  # fmt: skip
        return told, seen


def _may_be_heard(question: Question, people: Sequence[Person], presences: Sequence[PersonPresence]) -> bool:
    """Whether a question is who is there, of somebody by name who isn't surely seen and whose voice is known."""
    asks = question.query.select == "exists" and question.query.where in (None, PRESENT)
    known = {person.name for person in people if len(person.arrays.get("voice", ()))}
    return asks and any(p.name in known and p.decision != "present" for p in presences if p.name in question.people)


def within(questions: Sequence[Question], between: Window | None, length_s: float) -> tuple[float, float] | None:
    """The seconds of a clip of this length that all questions are about; None: all of it, or nearly all.

    Raises:
        SettingsError: a part isn't one of the clip.
    """
    reaches = [reach_of(between or question.part, length_s) for question in questions]
    known = [reach for reach in reaches if reach is not None]
    if len(known) < len(reaches):
        return None
    first, last = min(start for start, _ in known), max(end for _, end in known)
    return (first, last) if last - first < _MOST * length_s else None


def _part(seen: Look, window: tuple[float, float] | None) -> ClipAnalysis:
    return seen.analysis if window is None else seen.analysis.between(*window)


def _count_in_whole(presences: Sequence[PersonPresence], numbers: Sequence[int]) -> None:
    """Let `track`, `tracks` and `nearest` count in the whole clip's tracks, whatever part was asked about."""
    for person in presences:
        person.track = None if person.track is None else numbers[person.track]
        person.tracks = tuple(numbers[track] for track in person.tracks)
        person.nearest = None if person.nearest is None else numbers[person.nearest]


def told_so_far(text: str, analysis: ClipAnalysis, asking: Asking) -> str:
    """An answer with how far the clip was looked at, where that isn't all of it."""
    if asking.whole_s is None:
        return text
    more = f" {STILL_LOOKING}" if "can't make out" in text else ""
    return f"Seen so far, up to {clock(analysis.duration_s)} of {clock(asking.whole_s)}: {text}{more}"


def told_unread(analysis: ClipAnalysis) -> str:
    """A sentence on what couldn't be read of a clip or of a part of it; empty where that is nothing worth telling."""
    spans = [(start, end) for start, end in analysis.unread if end == start or end - start >= _WORTH_S]
    told = [f"from {clock(a)} on" if a == b else span_told(a, b) for a, b in spans]
    if len(told) > _MOST_TOLD:
        told = [*told[:_MOST_TOLD], f"at {number(len(told) - _MOST_TOLD)} other times"]
    return f" The file is damaged: I could read nothing {join(told)}." if told else ""


def _window(question: Question, analysis: ClipAnalysis, asking: Asking) -> tuple[float, float] | None:
    """The part that a question is about, as far as it was seen; None is all of that."""
    part = asking.between or question.part
    if part is None:
        return None
    try:
        start, end = window_of(part, analysis, asking.length_s or asking.whole_s)
    except SettingsError:
        if asking.whole_s is not None and not isinstance(part, tuple) and part.unit == "shot":
            return _TO_COME
        raise
    return (start, min(end, analysis.duration_s)) if start < analysis.duration_s else _TO_COME


def _timing(seen: Look, asking: Asking, first_at: float) -> dict[str, float]:
    total = time.perf_counter() - asking.started
    return {
        "decode_s": seen.decode_s, "experts_s": seen.experts_s, "total_s": total,
        "first_token_s": first_at - asking.started,
    }  # fmt: skip

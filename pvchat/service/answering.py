"""The answer to a question that was read already: the part it asks about, who is there, the sentences.

In: a question and a look at a clip, or at its beginning. Out: an `Answer`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pvchat.chat.english import clock
from pvchat.chat.query import PRESENT
from pvchat.chat.question import Conversation, Question, Stream, Viewed, asks_of_sound, asks_of_things, described
from pvchat.chat.say.clauses import because
from pvchat.chat.say.voice import grounds_of, say
from pvchat.chat.timeline import Finding, Timeline
from pvchat.chat.window import Window, reach_of, window_of
from pvchat.errors import SettingsError
from pvchat.identity.evidence import STILL_S
from pvchat.identity.reasons import why_not
from pvchat.people.store import Person, Snapshot
from pvchat.schemas import Answer, ClipAnalysis, Look, PersonPresence
from pvchat.service.clipmemory import ClipMemory
from pvchat.service.hearing import with_sound

if TYPE_CHECKING:
    from pvchat.chat.writer import Writer

Seconds = tuple[float, float]
NOT_YET = "I haven't come to that part yet."
STILL_LOOKING = "I am still looking."  # where what was seen so far doesn't tell it
_TO_COME = (0.0, 0.0)  # the window of a part that wasn't seen yet
DAMAGED = " The file is damaged: parts of it couldn't be read."  # "nobody is there" may be wrong
_WHOLE_SHARE = 0.8  # share of a long video from which all of it is looked through, whatever part is asked about


@dataclass(frozen=True)
class Asking:
    """How a question is asked."""

    between: Window | None = None  # the part of the clip that answers; None: what the question names
    stream: Stream | None = None  # called with pieces of the text
    whole_s: float | None = None  # the clip's length, where only its beginning was seen so far, as the answer then says
    # That beginning, where it is answered from
    seen: ClipAnalysis | None = None
    started: float = field(default_factory=time.perf_counter)  # when it was asked, `time.perf_counter`


@dataclass(frozen=True)
class Answering:
    """Answers a question about a clip."""

    clip: Path  # the file
    conversation: Conversation  # who is known by name, and what was asked about the clip before
    everyone: Snapshot  # who is enrolled
    # People's presence in a clip, or in a part of it (seconds; None is all)
    score: Callable[[Sequence[Person], ClipAnalysis, tuple[float, float] | None], list[PersonPresence]]
    clips: ClipMemory  # measures what people do and wear, and listens, where a question asks for that
    writer: Writer  # writes the texts

    def answer(self, question: Question, seen: Look, asking: Asking) -> Answer:
        """The answer; raises SettingsError where the part that is asked about isn't one of the clip."""
        window = _window(question, seen, asking)
        if window == _TO_COME:
            text, timing = text_so_far(NOT_YET, seen.analysis, asking), _timing(seen, asking, time.perf_counter())
            answer = Answer(text, question.type, [], timing, damaged=seen.analysis.damaged)
        else:
            answer = self._of_part(question, window, seen, asking)
        if not self.everyone.damaged or not question.asks_everybody:
            return answer
        sentence = f" Left out, since the file is damaged: {', '.join(self.everyone.damaged)}."
        if asking.stream is not None:
            asking.stream(sentence)
        return replace(answer, answer=answer.answer + sentence)

    def _of_part(self, question: Question, window: Seconds | None, seen: Look, asking: Asking) -> Answer:
        """The answer from one part of the clip, which has presences and facts of its own."""
        people = self.everyone.people
        analysis = _part(seen, window)
        presences = self.score(people, seen.analysis, window)
        things = asks_of_things(question.query)
        whole = asking.seen is None and seen.length_s is None  # not a beginning, or the minutes that are asked about
        people_asked = described(question, presences, analysis)
        seen = self.clips.measured(self.clip, seen, people_asked, things, whole)
        if asks_of_sound(question.query) or _may_be_heard(question, people, presences):
            seen = with_sound(self.clips, self.clip, seen, whole)
            presences = self.score(people, seen.analysis, window)
        _explain_absence(question, people, presences, analysis)
        part = window is not None or asking.whole_s is not None
        goes_on = window is not None and self.conversation.before
        clip_seen = Viewed(seen.analysis, self.score(people, seen.analysis, None)) if goes_on else None
        viewed = Viewed(_part(seen, window), presences, part, self.conversation, self.clip, people, clip_seen)
        written = self.writer.write(question.text, viewed, asking.stream)
        known = written.known
        if window is not None:  # tracks count in the whole clip, whatever part was asked about
            numbers = seen.analysis.shown_between(*window)
            for person in presences:
                person.track = None if person.track is None else numbers[person.track]
                person.tracks = tuple(numbers[track] for track in person.tracks)
                person.nearest = None if person.nearest is None else numbers[person.nearest]
        return Answer(
            text_so_far(written.text, seen.analysis, asking) + DAMAGED * analysis.damaged, known.question.type,
            known.people, _timing(seen, asking, written.first_at), presences, grounds_of(known.finding),
            known.finding.to_dict(), analysis.damaged,
        )  # fmt: skip


def _may_be_heard(question: Question, people: Sequence[Person], presences: Sequence[PersonPresence]) -> bool:
    """Whether a question is who is there, of somebody by name who isn't surely seen and whose voice is known."""
    asks = question.query.select == "exists" and question.query.where in (None, PRESENT)
    known = {person.name for person in people if person.has_voice}
    return asks and any(p.name in known and p.decision != "present" for p in presences if p.name in question.people)


def refused(question: Question, asking: Asking) -> Answer:
    """The answer to a question in a language that isn't read, whatever a clip shows."""
    finding = Finding(question.query)
    text, took = say(finding, Timeline(0.0, 0.0)), time.perf_counter() - asking.started
    if asking.stream is not None:
        asking.stream(text)
    timing = {"decode_s": 0.0, "experts_s": 0.0, "total_s": took, "first_token_s": took}
    return Answer(text, question.type, [], timing, finding=finding.to_dict())


def asked_seconds(question: Question, between: Window | None, length_s: float) -> Seconds | None:
    """The seconds of a clip of this length that a question is about; None: all, or nearly; raises SettingsError."""
    reach = reach_of(between or question.part, length_s)
    return reach if reach is not None and reach[1] - reach[0] < _WHOLE_SHARE * length_s else None


def _explain_absence(
    question: Question, people: Sequence[Person], presences: list[PersonPresence], analysis: ClipAnalysis
) -> None:
    """Fill in `why` of everyone whom a question is about and who isn't found present, in order of `people`."""
    subjects = {id(one) for one in question.about(presences)}
    still = analysis.duration_s - float(analysis.shots[0, 0]) <= STILL_S
    for person, presence in zip(people, presences, strict=True):
        if id(presence) in subjects and presence.decision != "present":
            why = why_not(person, presence, presences, analysis)
            presence.why = replace(why, text=because(presence.name, presence.decision, why, still))


def _part(seen: Look, window: Seconds | None) -> ClipAnalysis:
    return seen.analysis if window is None else seen.analysis.between(*window)


def text_so_far(text: str, analysis: ClipAnalysis, asking: Asking) -> str:
    """An answer with how far the clip was looked at, where that isn't all of it."""
    if asking.whole_s is None:
        return text
    more = f" {STILL_LOOKING}" if "can't make out" in text else ""
    return f"Seen so far, up to {clock(analysis.duration_s)} of {clock(asking.whole_s)}: {text}{more}"


def _window(question: Question, seen: Look, asking: Asking) -> Seconds | None:
    """The part that a question is about, as far as it was seen; None is all of that."""
    part, analysis = asking.between or question.part, seen.analysis
    if part is None:
        return None
    try:
        start, end = window_of(part, analysis, seen.length_s or asking.whole_s)
    except SettingsError:
        if asking.whole_s is not None and not isinstance(part, tuple) and part.unit == "shot":
            return _TO_COME
        raise
    return (start, min(end, analysis.duration_s)) if start < analysis.duration_s else _TO_COME


def _timing(seen: Look, asking: Asking, first_at: float) -> dict[str, float]:
    took = {"total_s": time.perf_counter() - asking.started, "first_token_s": first_at - asking.started}
    return {"decode_s": seen.decode_s, "experts_s": seen.experts_s, **took}

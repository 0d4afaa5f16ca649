"""Questions about one clip: what a text asks (`Question`), and what it is answered from (`Basis`).

A `Conversation` reads a question after those before it, twice: first by the words alone, which says which part of the
clip must be looked through and what must be measured; then with the clip's `Timeline`, which says whom "she" and "the
other one" mean. `known_of` collects what the answer is made from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pvchat.chat import query as queries
from pvchat.chat.query import HEARD, TYPES, During, Has, Query, Whom, atoms, names_in, parts_of
from pvchat.chat.reader.followups import Turn
from pvchat.chat.reader.read import Known, read
from pvchat.chat.reader.units import of_clip
from pvchat.chat.run import run
from pvchat.chat.say.voice import say
from pvchat.chat.timeline import Finding, Timeline
from pvchat.config import MAX_QUESTION
from pvchat.errors import SettingsError
from pvchat.identity.evidence import few_seen, gather, one_name_each
from pvchat.schemas import ClipAnalysis, PersonPresence, QuestionType, Track

if TYPE_CHECKING:
    from pvchat.people.person import Person

Asked = str | tuple[str, str]  # an earlier question, or one with its answer
_STRANGERS = 12  # most of those without a name who are measured where a question names nobody, in front first
_NO_LIST, _BRACKETS = "questions come as a list.", "Put a single one in brackets."
# What is known without measuring what people do and wear: who is there, when, and where in the picture
_SEEN_AT_ONCE = ("present", "with", "enters", "leaves", "alone", "beside", "left_of", "right_of", "side", "shot_size",
                 "says")  # fmt: skip
Stream = Callable[[str], None]  # a piece of the text


@dataclass(frozen=True)
class Question:
    """One question."""

    text: str  # as typed
    query: Query  # what it means

    @property
    def type(self) -> QuestionType:
        """What kind of answer it wants, in the five kinds of the paper."""
        if self.query.select in ("describe", "why", "refuse"):
            return "other"
        first = next(atoms(self.query.where), None)
        return TYPES[self.query.attribute or (first.attribute if first is not None else "present")]

    @property
    def people(self) -> tuple[str, ...]:
        """The enrolled people that it names, in order of mention."""
        return names_in(self.query)

    @property
    def asks_everybody(self) -> bool:
        """Whether it names nobody, or anybody may be a part of the answer."""
        asked = [query for query in parts_of(self.query, Query) if query.select != "refuse"] or [self.query]
        alone = any(has.attribute == "alone" for query in asked for has in atoms(query.where))  # is she, of all?
        company = any(query.attribute in ("with", "beside") for query in asked)
        nobody = any(not query.whom.names + query.whom.unknown or query.select in ("who", "count") for query in asked)
        return alone or company or nobody

    @property
    def part(self) -> During | None:
        """The part of the clip that it names by numbers; None for all of it, or where two questions name two parts."""
        parts = {queries.numbers_of(query.during) for query in queries.parts_of(self.query, Query)}
        return self.query.during if len(parts) == 1 and parts != {During()} else None

    @property
    def means_by_looks(self) -> bool:
        """Whether it means somebody by what holds of them ("the man with glasses")."""
        people = parts_of(self.query, Whom)
        return any(has.attribute not in _SEEN_AT_ONCE for one in people for has in atoms(one.such))

    def about(self, everyone: Sequence[PersonPresence]) -> list[PersonPresence]:
        """Of everyone's presences those it is about: all, a sighting to each, where it names nobody."""
        if all(query.select == "refuse" for query in parts_of(self.query, Query)) and not self.people:
            return []
        return one_name_each(everyone) if self.asks_everybody else [p for p in everyone if p.name in self.people]


@dataclass(frozen=True)
class Conversation:
    """What was asked before, and who is known."""

    names: Sequence[str]  # of everyone enrolled
    aliases: Mapping[str, str] = field(default_factory=dict)  # other names of theirs -> the enrolled name
    before: Sequence[Asked] = ()  # earlier questions, oldest first

    def __post_init__(self) -> None:
        if isinstance(self.before, str):
            raise SettingsError(_NO_LIST, hint=_BRACKETS)

    def read(
        self, texts: Sequence[str], timeline: Timeline | None = None, turns: Sequence[Turn] | None = None
    ) -> list[Question]:
        """Read questions that follow one and the same conversation (its `turns`, where known), each for itself.

        Raises:
            SettingsError: one is no text, or is too long.
        """
        if isinstance(texts, str):
            raise SettingsError(_NO_LIST, hint=_BRACKETS)
        turns = self.turns(timeline) if turns is None else turns
        return [Question(text, self._query_of(text, turns, timeline)) for text in texts]

    def turns(self, timeline: Timeline | None) -> list[Turn]:
        """The earlier questions, with what was found for each."""
        turns: list[Turn] = []
        for one in self.before:
            query = self._query_of(one if isinstance(one, str) else one[0], turns, timeline)
            findings = [finding for _, finding in turns]
            turns.append((query, Finding(query) if timeline is None else run(query, timeline, findings)))
            while (then := turns[-1][0].then) is not None:  # two questions in one are two turns
                turns.append((then, turns[-1][1].then or Finding(then)))
        return turns

    def _query_of(self, text: str, turns: Sequence[Turn], timeline: Timeline | None) -> Query:
        require_readable(text)
        return of_clip(read(text, Known(self.names, self.aliases, tuple(turns), timeline)))


@dataclass(frozen=True)
class Basis:
    """What one question is answered from."""

    question: Question  # as it was read
    people: list[PersonPresence]  # the presence of those it is about
    timeline: Timeline  # of the clip, gaps filled by the trained model where it may
    finding: Finding  # what was found in it

    @cached_property
    def plain(self) -> str:
        """What was found, in plain sentences."""
        return say(self.finding, self.timeline)

    @property
    def present(self) -> list[PersonPresence]:
        """Those it is about who are there."""
        return [p for p in self.people if p.decision == "present"]


@dataclass(frozen=True)
class Viewed:
    """What is known about the clip that is asked about."""

    analysis: ClipAnalysis  # what the experts said
    presences: Sequence[PersonPresence]  # of everyone enrolled
    part: bool = False  # only a part of the clip was asked about, and the answers say so
    conversation: Conversation = field(default_factory=lambda: Conversation(()))  # what was asked before
    clip: Path | None = None  # its file, for a base, which looks itself
    people: Sequence[Person] = ()  # everyone enrolled, for the same
    clip_seen: Viewed | None = None  # of a part the whole clip, in which the earlier questions are looked up

    def whole(self, text: str) -> str:
        """A text about the video, as it is said of what was asked about."""
        return text.replace("this video", "this part of the video") if self.part else text


def known_of(
    question: Question, everyone: Sequence[PersonPresence], timeline: Timeline, before: Sequence[Finding] = ()
) -> Basis:
    """What a question is answered from: everyone's presence, the part's timeline, what was found for earlier ones."""
    query = question.query if question.part is None else queries.without_numbers(question.query)
    return Basis(question, question.about(everyone), timeline, run(query, timeline, before))


def words_of(text: str) -> list[str]:
    """The pieces in which a text is streamed: its words, each with the space before it."""
    return re.findall(r"\s*\S+", text)


def type_of(text: str) -> QuestionType:
    """What kind of answer a question wants, in the five kinds of the paper."""
    return Conversation(()).read([text])[0].type


def attributes_in(query: Query) -> set[str]:
    """Every attribute that a query, or the second one of two, asks for, or means people and times by."""
    asked = {str(one.attribute or "present") for one in parts_of(query, Query)}
    return asked | {str(has.attribute) for has in parts_of(query, Has)}


def asks_of_things(query: Query) -> bool:
    """Whether it asks for things, of which a clip must be searched."""
    return bool(attributes_in(query) & {"thing", "holding", "near"})


def asks_of_deeds(query: Query) -> bool:
    """Whether an answer may tell what somebody does, which the trained model tells along."""
    told = any(one.select == "describe" for one in parts_of(query, Query))
    return told or bool(attributes_in(query) & {"deed", "holding"})


def asks_of_sound(query: Query) -> bool:
    """Whether it asks for what is heard, for which a clip must be listened to."""
    return bool(attributes_in(query) & set(HEARD))


def described(question: Question, presences: Sequence[PersonPresence], analysis: ClipAnalysis) -> list[Track]:
    """The tracks of those whose facts an answer needs that says more than who is there, where and when: who are asked
    about and there, or may be, else the few who are (`Finding.instead`); where nobody is named, `_STRANGERS` without a
    name, too; everybody where a question means somebody by the looks ("the man with glasses").
    """
    told = any(query.select in ("describe", "why") for query in parts_of(question.query, Query))
    if not told and attributes_in(question.query) <= {*_SEEN_AT_ONCE}:
        return []
    if question.means_by_looks:
        return list(analysis.tracks)
    asked = question.about(presences)
    there = [i for p in asked if p.decision == "present" for i in (p.track, *p.tracks)]
    perhaps = [p.track for p in asked if p.decision == "unsure"]
    tracks = there or perhaps or (few_seen(presences, analysis) if question.people else [])
    if not question.people:  # anybody may be who falls
        tracks = tracks + [one.track for one in gather(presences, analysis).others if one.name is None][:_STRANGERS]
    return [analysis.tracks[i] for i in dict.fromkeys(tracks) if i is not None]


def require_readable(text: object) -> None:
    """Raise SettingsError where a question is no text, has half a character in it, or is too long to be read."""
    if not isinstance(text, str):
        raise SettingsError(f"a question is text, not {type(text).__name__}.", hint="Ask something.")
    if any("\ud800" <= sign <= "\udfff" for sign in text):  # lone surrogates, of bytes that aren't UTF-8
        raise SettingsError("a question is whole characters; this one has half a character.", hint="Type it anew.")
    if len(text) > MAX_QUESTION:
        what = f"a question has at most {MAX_QUESTION:,} characters, not {len(text):,}."
        raise SettingsError(what, subject=f"{text[:40]}…", hint="Ask in fewer words, or several questions.")

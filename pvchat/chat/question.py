"""What a question asks for: a `Question`, as `questions.py` reads it and everything after it takes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pvchat.chat.aspect import USUAL, Aspect
from pvchat.chat.evidence import one_name_each
from pvchat.chat.things import ThingQuestion
from pvchat.chat.window import Part
from pvchat.config import MAX_QUESTION
from pvchat.errors import SettingsError
from pvchat.schemas import PersonPresence, QuestionType


@dataclass(frozen=True)
class Question:
    """What a question asks for.

    Attributes:
        text: the question as typed, without the words for a part of the clip.
        type: existence, appearance, action, location or other.
        people: enrolled names it is about, in order of mention (those of the previous question for a pronoun).
        asks_who: it asks which people are there ("who is in this video?", "anyone else?").
        asks_all: it asks about everyone enrolled; `people` then holds all names.
        besides: names that a "who else" leaves out.
        unknown: names it asks about that aren't enrolled.
        aspect: what of the people it asks.
        part: the part of the clip that it names ("at 3:20", "in the second half").
        reply: a sentence that is the whole answer, where it asks nothing that can be seen.
        things: what it asks about things, where it does.
        focus: whom "she" means in the question after it.
        listed: whom its answer lists, in order, where that is known.
        dangling: "he", or "the second one", is asked about, and no question says who that is.
        why: what the answer to this question, which was asked before, rests on.
    """

    text: str
    type: QuestionType = "other"
    people: tuple[str, ...] = ()
    asks_who: bool = False
    asks_all: bool = False
    besides: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    aspect: Aspect = USUAL
    part: Part | None = None
    reply: str = ""
    things: ThingQuestion | None = None
    focus: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    dangling: bool = False
    why: bool = False

    @property
    def sense(self) -> Question:
        """What it asks for, whatever the words, and whomever the next question may mean."""
        return replace(self, text="", focus=(), listed=())

    @property
    def by_place(self) -> str:
        """The words by which it means somebody by the place, of whom it asks something else; names masked."""
        return "" if self.aspect.lineup is None else self.aspect.lineup.phrase

    @property
    def lists_all(self) -> bool:
        """Whether its answer tells of everybody who is there, one after the other as they were enrolled."""
        return (self.asks_who or self.asks_all or not self.people) and self.aspect.name == "usual" and not self.reply

    def about(self, everyone: Sequence[PersonPresence]) -> list[PersonPresence]:
        """Of everyone's presences those it is about: all, a sighting to each, for "who" and where it names nobody."""
        if self.reply:
            return []
        if self.asks_who or self.asks_all or not self.people or self.aspect.of_all:
            return one_name_each(everyone)
        return [p for p in everyone if p.name in self.people]


def require_short(text: object) -> None:
    """Raise SettingsError where a question is no text, or too long to be read."""
    if not isinstance(text, str):
        raise SettingsError(f"a question is text, not {type(text).__name__}.", hint="Ask something.")
    if len(text) > MAX_QUESTION:
        what = f"a question has at most {MAX_QUESTION:,} characters, not {len(text):,}."
        raise SettingsError(what, subject=f"{text[:40]}…", hint="Ask in fewer words, or several questions.")

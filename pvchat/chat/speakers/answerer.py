"""The trained model's own answers: it reads what of all that is known could answer the question, and says what does.

In: a question as it was read, presences, evidence, the clip. Out: a text, streamed sentence by sentence as each is
backed (`backed.py`). A sentence that isn't ends the first try. The second try is given the rules' answer as all that is
known; what it doesn't say either is said by the rules. While it writes, the rules' answer is guessed ahead: words which
are the model's own anyway come in one pass. As long as it says just that, names, yes and no and what else was measured
are given (`held_words`), and other words of it stand where the model finds them nearly as likely as its own (`LEAD`).
It gets the clip's visual tokens and the personal tokens of everyone named. Whether one person is there it isn't told
where her tokens tell it clearly (`verdict.py`): the yes or no of the first try is its own, the rest leads as before.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pvchat.chat.backed import Backing, is_open, sentences
from pvchat.chat.found import Known
from pvchat.chat.guard import held_words
from pvchat.chat.question import Question
from pvchat.chat.speakers.brief import brief
from pvchat.chat.verdict import told_by_tokens, verdict_in
from pvchat.chat.viewed import HandedOn
from pvchat.schemas import PersonPresence

if TYPE_CHECKING:
    from pvchat.chat.speakers.describe import Describer
    from pvchat.chat.viewed import Stream, Viewed
    from pvchat.model.drafted import Lead

MAX_TOKENS = 80  # of an answer
LEAD = 0.1  # how likely a word of the rules' answer must be, beside the likeliest one, to stand in its place [choice]
LEADS = True  # off, the rules' answer is guessed ahead and no more
GUESS_AHEAD = True  # off, nothing leads either, and all is written token by token (`model/drafted.py`)
_MOST_NAMED = 3  # people whose tokens stand in the prompt
log = logging.getLogger(__name__)


@dataclass
class Spoken(HandedOn):
    """An answer as it is made.

    Attributes:
        backing: what its sentences are held against.
        own: how many of them are the model's.
        tries: how often it began to write.
        stopped: what the guard refused, and why.
        left: places of the rules' sentences that nothing said so far stands for.
    """

    backing: Backing
    own: int = 0
    tries: int = 0
    stopped: list[tuple[str, str]] = field(default_factory=list)
    _free: bool = False
    _heard: int = 0  # sentences of this try

    def __post_init__(self) -> None:
        self.left = list(range(len(self.backing.plain)))

    @property
    def done(self) -> bool:
        """Whether nothing of the rules' answer is left to say."""
        return self._free or not self.left

    def begin(self) -> None:
        """Hear another try from its beginning."""
        self.tries, self._heard = self.tries + 1, 0

    def hear(self, text: str) -> bool:
        """Hear one try's text so far; True when it is enough: all is said, or a sentence isn't backed."""
        for sentence in sentences(text)[self._heard :]:
            self._heard += 1
            places = [*self.left, len(self.backing.plain)]  # the last one is after all
            place = self.backing.place_of(sentence, places)
            if self._said_before(sentence, place):
                if self.tries > 1:
                    continue
                place = None
            if place is None:
                self.stopped.append((sentence, "; ".join(self.backing.problems(sentence, places[0])) or "said before"))
                return True
            self._free = self._free or self.backing.is_free(sentence, place)
            self.left = [one for one in self.left if one != place]
            self.say(sentence)
            self.own += 1
        return not self._free and self.done

    def _said_before(self, sentence: str, place: int | None) -> bool:
        """Whether a sentence was said already, as the second try, which begins anew, says what the first one said."""
        said = [one for one in range(len(self.backing.plain)) if one not in self.left]
        return sentence in self.said or place is None and any(not self.backing.problems(sentence, one) for one in said)


@dataclass(frozen=True)
class Answerer:
    """Answers through one describer's model.

    Attributes:
        describer: the trained model as it speaks of the people of one store.
    """

    describer: Describer

    def answer(self, known: Known, viewed: Viewed, stream: Stream | None = None) -> Spoken:
        """The answer to one question.

        Args:
            known: what it is answered from.
            viewed: the clip.
            stream: called with pieces of the text, each after its sentence passed.
        """
        question, plain = known.question, known.plain
        names = [p.name for p in viewed.presences]
        heard = None if stream is None else (lambda piece: stream(viewed.whole(piece)))
        everything = sentences(brief(known, everything=True))
        backing = Backing(sentences(plain), everything, names, is_open(question), question.text)
        spoken = Spoken(backing, stream=heard)
        for told in (brief(known), plain) if may_speak(question) else ():
            if not spoken.done:
                self._try(question, known.people, told, viewed, spoken)
        for place in spoken.left if not spoken.done else ():
            spoken.say(spoken.backing.plain[place])
        log.debug("%r: %r; refused: %s", question.text, spoken.text, spoken.stopped)
        return spoken

    def _try(
        self, question: Question, people: Sequence[PersonPresence], known: str, viewed: Viewed, spoken: Spoken
    ) -> None:
        """One try; its sentences go to `spoken` as they come."""
        from pvchat.model.checkpoint import speaking_with
        from pvchat.model.generation import Decoding
        from pvchat.model.people import People
        from pvchat.model.personlora import spoken_of
        from pvchat.model.personstates import marks_of
        from pvchat.model.prompts import Prompt

        describer, trained = self.describer, self.describer.trained
        plain = " ".join(spoken.backing.plain)
        wanted, refused = named(question, people), len(spoken.stopped)
        own = verdict_in(question, people, plain) if not spoken.tries else 0
        spoken.begin()
        shown = sorted((p for p in viewed.people if p.name in wanted), key=lambda p: wanted.index(p.name))
        rivals = [marks_of(p) for p in viewed.people if p.name not in wanted]
        with trained.lock, speaking_with(trained.model, trained.answering), spoken_of(trained.model.llm, shown):
            visual, row = describer.views.look(viewed.analysis), [describer.state(p) for p in shown]
            present = People.batch([row], trained.model.config, rivals)
            own = own if told_by_tokens(trained.model, present, visual) else 0
            known = "" if own else known
            written = trained.model.generate(
                visual, [Prompt(question.text, facts=known)],
                question=describer.vector(question.text), people=present,
                decoding=Decoding(
                    MAX_TOKENS, heard=spoken.hear, drafts=(plain, known) if GUESS_AHEAD else (),
                    lead=_lead(plain, own, spoken.backing.names) if LEADS and GUESS_AHEAD else None,
                ),
            )  # fmt: skip
        if len(spoken.stopped) == refused:  # heard to its end
            spoken.hear(written.texts[0])


def _lead(plain: str, own: int, names: Sequence[str]) -> Lead:
    """How far the rules' answer leads: all but the yes or no that the model finds by itself, if one ends at `own`."""
    from pvchat.model.drafted import Lead

    return Lead(given=((own, len(plain)),)) if own else Lead(LEAD, held_words(plain, names))


def may_speak(question: Question) -> bool:
    """Whether the model is asked at all: not for small talk, nor for what it never learned."""
    return question.query.select not in ("refuse", "why", "compare", "order") and not question.means_by_looks


def named(question: Question, people: Sequence[PersonPresence]) -> list[str]:
    """Whose tokens stand in the prompt: those the question names, else those who may be there."""
    chosen = [p.name for p in people if p.name in question.people] or [p.name for p in people if p.decision != "absent"]
    return chosen[:_MOST_NAMED]

"""Answers in the trained model's own words (`--answers spoken`): it is given the plain answer, and words it itself.

It also gets the clip's visual tokens and the personal tokens of everyone named. If the question is whether one person
is there, it isn't given the answer: it says yes or no by her tokens.

In: what a question is answered from, the clip. Out: a text, streamed sentence by sentence as each passes. A sentence
that doesn't (`checking.py`) ends what it says; whatever is left of the plain answer is then said plainly. While the
model writes, the plain answer is guessed ahead: words which are its own anyway come in one pass. As long as it says
just that, all is given but words of deeds, looks, places and things, which stand where it finds them nearly as likely
as its own (`LEAD`).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pvchat.chat.english import COLOURS, word_set
from pvchat.chat.query import Query, Whom
from pvchat.chat.question import Basis, Stream, Viewed
from pvchat.chat.reader.statements import NEGATIONS, tells, words_in
from pvchat.chat.speakers.checking import Backed, Hearing

if TYPE_CHECKING:
    from pvchat.model.describer import Describer

MAX_TOKENS = 80  # of an answer
LEAD = 0.1  # how likely a word of the plain answer must be, beside the likeliest one, to stand in its place [choice]
_NUMBERS = word_set("one two three four five six seven eight nine ten only")
_FIXED = NEGATIONS | COLOURS | _NUMBERS | {"i", "to", "there", "yes", "left", "right", "middle"}
_MOST_NAMED = 3  # people whose tokens stand in the prompt
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answerer:
    """Answers through one describer's model."""

    describer: Describer  # the trained model as it speaks of the people of one store

    def answer(self, known: Basis, viewed: Viewed, stream: Stream | None = None) -> Hearing | None:
        """The answer to one question, streamed sentence by sentence as they pass; None where the model isn't asked."""
        if known.question.query.select in ("refuse", "why", "compare", "order") or known.question.means_by_looks:
            return None  # small talk, and what it never learned
        check = Backed(known.plain, [one.name for one in known.timeline.enrolled])
        heard = Hearing(check, stream and (lambda piece: stream(viewed.whole(piece))))
        self._speak(known, viewed, heard)
        for sentence in check.left:
            heard.say(sentence)
        log.debug("%r: %r; refused: %s", known.question.text, heard.text, heard.refused)
        return heard

    def _speak(self, known: Basis, viewed: Viewed, heard: Hearing) -> None:
        """Have the model answer; its sentences go to `heard` as they come."""
        from pvchat.model.checkpoint import speaking_with
        from pvchat.model.people import People
        from pvchat.model.speculative import Decoding, Lead

        describer, trained, question = self.describer, self.describer.trained, known.question
        named = [p.name for p in known.people if p.name in question.people]  # whose tokens stand in the prompt
        wanted = (named or [p.name for p in known.people if p.decision != "absent"])[:_MOST_NAMED]
        shown = sorted((p for p in viewed.people if p.name in wanted), key=lambda p: wanted.index(p.name))
        rivals = [p for p in viewed.people if p.name not in wanted]
        with trained.lock, speaking_with(trained.model, trained.answering), describer.adapted(shown):
            visual, row = describer.look(viewed.analysis), [describer.state(p) for p in shown]
            present = People.batch([row], trained.model.config, rivals)
            context, lead = told_of(known), Lead(LEAD, given(known.plain, viewed.conversation.names))
            if end := own_verdict(known):
                lead = Lead(given=((end, len(known.plain)),))
            how = Decoding(MAX_TOKENS, on_text=heard.hear, drafts=(known.plain,), lead=lead)
            text = trained.model.answer(visual, question.text, context, describer.vector(question.text), present, how)
        heard.hear(text)


def given(text: str, names: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Where in a text stands what another wording may not change: all but words of deeds, looks, places and things."""
    fixed = _FIXED.union(re.findall(r"[^\W\d_]+", " ".join(names)))
    words = re.finditer(r"[^\W\d_]+(?:['’][^\W\d_]+)?", text)
    free = [one.span() for one in words if fixed.isdisjoint((one[0], *words_in(one[0]))) and tells(*words_in(one[0]))]
    return tuple(zip([0, *(end for _, end in free)], [*(start for start, _ in free), len(text)], strict=True))


def told_of(known: Basis) -> str:
    """What the model is told: the plain answer, but where her tokens tell whether somebody is there."""
    return "" if own_verdict(known) else known.plain


def own_verdict(known: Basis) -> int:
    """Where the yes or no ends in the plain answer to whether one person is there; 0 where it is no such answer."""
    # the finding knows more than her tokens do: corrections, who comes again in a film, a calibration of footage
    question, verdict = known.question, (known.finding.verdict or "").capitalize()
    plainly = known.finding.query == Query("exists", Whom(question.people), form="polar") and len(question.people) == 1
    return len(verdict) if plainly and verdict in ("Yes", "No") and known.plain.startswith(verdict) else 0

"""Reading a question: its text and the enrolled names in, a `Question` (type, people, whom it asks for) out.

Order of work: find the names (`names.py`), resolve pronouns by the previous question, read "who/anyone/everyone", then
the type (`questiontypes.py`), then names that nobody enrolled bears (`unknown_names.py`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pvchat.chat.names import find_mentions, mask_names
from pvchat.chat.questiontypes import ELLIPSIS, question_type
from pvchat.chat.sentences import Encode
from pvchat.chat.unknown_names import unknown_names
from pvchat.chat.vocabulary import PRONOUNS
from pvchat.errors import UnknownPersonError
from pvchat.schemas import PersonPresence, QuestionType

Turn = str | tuple[str, str]  # a question, or a question with its answer

_WHO = re.compile(
    r"\b(who|whom|who's|any ?one|any ?body|some ?one|some ?body|which (people|persons?|of (them|us|my|the))"
    r"|what people|how many (people|persons|faces)|(other|more|familiar|known) (people|persons|faces?)"
    r"|(name|list|identify|recogni[sz]e) (me )?(the |all |every |all the )*(people|persons?|faces))\b"
)
_BESIDES = re.compile(r"\b(else|besides|other than|apart from|aside from|except|other (people|persons?|faces?))\b")
_EVERYONE = re.compile(
    r"\b(every ?one|every ?body|all of (them|us|my|the|you)|they all|all (the )?(people|enrolled|persons)"
    r"|whole (group|team|family))\b"
)


@dataclass(frozen=True)
class Question:
    """What a question asks for.

    Attributes:
        text: the question as typed.
        type: existence, appearance, action, location or other.
        people: enrolled names it is about, in order of mention (those of the previous question for a pronoun).
        asks_who: it asks which people are there ("who is in this video?", "anyone else?").
        asks_all: it asks about everyone enrolled; `people` then holds all names.
        besides: names that a "who else" leaves out.
        unknown: names it asks about that aren't enrolled.
    """

    text: str
    type: QuestionType = "other"
    people: tuple[str, ...] = ()
    asks_who: bool = False
    asks_all: bool = False
    besides: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    def about(self, everyone: Sequence[PersonPresence]) -> list[PersonPresence]:
        """Of everyone's presences those that the question is about: all for "who", and where it names nobody."""
        everybody = self.asks_who or not self.people
        return [p for p in everyone if everybody or p.name in self.people]


def read_questions(
    texts: Sequence[str],
    history: Sequence[Turn],
    names: Sequence[str],
    aliases: Mapping[str, str] | None = None,
    encode: Encode | None = None,
) -> list[Question]:
    """Read questions that follow one and the same conversation, each for itself.

    Args:
        texts: the questions as typed.
        history: earlier questions, oldest first; a turn may be a pair of question and answer too.
        names: as for `read_question`.
        aliases: as for `read_question`.
        encode: as for `read_question`.

    Raises:
        UnknownPersonError: one asks about somebody who isn't enrolled.
    """
    previous: Question | None = None
    for turn in history:
        previous = read_question(turn if isinstance(turn, str) else turn[0], names, aliases, previous, encode)
    asked = []
    for text in texts:
        asked.append(read_question(text, names, aliases, previous, encode))
        check_known(asked[-1], names)
    return asked


def read_question(
    text: str,
    names: Sequence[str],
    aliases: Mapping[str, str] | None = None,
    previous: Question | None = None,
    encode: Encode | None = None,
) -> Question:
    """Read a question for its type and the people it is about.

    Args:
        text: the question as typed, in any case.
        names: enrolled names, canonical spelling.
        aliases: other names of theirs, alias -> enrolled name.
        previous: the question before, for pronouns and ellipses ("and what is she wearing?", "and Ben?").
        encode: sentence encoder for paraphrases that no rule decides, e.g. `SentenceEncoder().encode`.
    """
    tidy = " ".join(unicodedata.normalize("NFKC", text).replace("’", "'").split())
    mentions = find_mentions(tidy, names, aliases or {})
    masked = mask_names(tidy, mentions)
    lower = masked.lower()
    people = tuple(dict.fromkeys(m.name for m in mentions))
    words = set(re.findall(r"[\w']+", lower))
    else_ = bool(_BESIDES.search(lower))
    asks_who = bool(_WHO.search(lower)) and (not people or else_)
    short = previous is not None and not people and bool(ELLIPSIS.search(lower) or len(words) <= 3) and not asks_who
    if previous is not None and not people and not else_ and (short or words & PRONOUNS):
        people = previous.people
        asks_who = asks_who and not people
    asks_all = not people and not asks_who and bool(_EVERYONE.search(lower))
    besides = (people or (previous.people if previous else ())) if asks_who and else_ else ()
    kind = question_type(masked, encode, previous.type if previous else None, asks_who)
    return Question(
        text=text,
        type=kind,
        people=() if asks_who else tuple(names) if asks_all else people,
        asks_who=asks_who,
        asks_all=asks_all,
        besides=besides,
        unknown=() if asks_all else unknown_names(tidy, mentions, bool(people) or asks_who),
    )


def check_known(question: Question, names: Iterable[str]) -> None:
    """Raise `UnknownPersonError`, listing the enrolled, when the question asks about somebody who isn't enrolled."""
    if not question.unknown:
        return
    enrolled = sorted(names, key=str.casefold)
    who = " and ".join(question.unknown)
    hint = (
        f"Enrolled: {', '.join(enrolled)}." if enrolled else "Nobody is enrolled yet: pvchat enroll CLIP --name NAME."
    )
    raise UnknownPersonError("nobody of this name is enrolled.", subject=who, hint=hint)

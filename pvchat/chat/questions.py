"""Reading a question: its text and the enrolled names in, a `Question` (type, people, whom it asks for) out.

Order of work: bring it into a wording that is known (`wordings.py`), take out the words for a part of the clip
(`timewords.py`), find the names (`names.py`), resolve pronouns by the questions before, questions about things
(`things.py`), "who/anyone/everyone", then the type
(`questiontypes.py`), what of somebody is asked (`aspects.py`), names that nobody enrolled bears (`unknown_names.py`),
and whether anything is asked at all (`replies.py`). Other languages: `foreign.py`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pvchat.chat.aspects import USUAL, Aspect, read_aspect
from pvchat.chat.evidence import one_name_each
from pvchat.chat.foreign import ForeignQuestion, read_foreign
from pvchat.chat.guard import COLOURS
from pvchat.chat.names import Mention, find_mentions, mask_names
from pvchat.chat.questiontypes import ELLIPSIS, question_type
from pvchat.chat.replies import no_subject, small_talk
from pvchat.chat.scene import asks_of_scene
from pvchat.chat.sentences import Encode
from pvchat.chat.things import ThingQuestion, read_things
from pvchat.chat.timewords import named_part
from pvchat.chat.unknown_names import relatives, unknown_names
from pvchat.chat.vocabulary import MASK, PRONOUNS
from pvchat.chat.window import Part
from pvchat.chat.wordings import has_title, known_wording, without_titles
from pvchat.errors import SettingsError, UnknownPersonError
from pvchat.people.naming import ask_back
from pvchat.schemas import PersonPresence, QuestionType

Turn = str | tuple[str, str]  # a question, or a question with its answer

_WHO = re.compile(
    r"\b(who|whom|who's|no ?body|no one|any ?one|any ?body|some ?one|some ?body"
    r"|which (people|persons?|of (them|us|my|the))"
    r"|which ones?|what people|how many (people|persons|faces)|head ?count|a crowd or"
    r"|(other|more|familiar|known) (people|persons|faces?)"
    r"|(name|list|identify|recogni[sz]e) (me )?(the |all |every |all the )*"
    r"(people|persons?|faces|every ?one|every ?body)|names? of (every ?one|every ?body|all|those|the people))\b"
)
_MOST_LISTED = 30  # names of those enrolled
_BESIDES = re.compile(
    r"\b(else|besides|other than|apart from|aside from|except|other (people|persons?|faces?)"
    r"(?! (?:right |just )?(?:beside|next to|near|behind|with)\b))\b"
)
_EVERYONE = re.compile(
    r"\b(every ?one|every ?body|all of (them|us|my|the|you)|they all|all (the )?(people|enrolled|persons)"
    r"|whole (group|team|family))\b"
)
_AND_WHOM = re.compile(rf"(and|or|but|also|what about|how about) {MASK.lower()}\W*")
_AND_WHEN = re.compile(r"(and|or|but|also|what about|how about|then)?\W*", re.IGNORECASE)  # "and at 3:40?"
_ARE_YOU = re.compile(rf"(?:and |so )?are you (?:really |not )?{MASK.lower()}\W*")
_ONE = re.compile(r"\b(he|she|him|her|his|hers|himself|herself)\b")
_OF_THEM = re.compile(r"\b(?:any|some|which|who|one|none|how many|most) of (?:them|these|those)\b")  # of several
_WHO_IS = re.compile(r"(?:and |so )?who(?:'s|m)?\b")
_WHY_SO = re.compile(
    r"(?:and |but )?(?:why (?:do|would|did) you (?:say|think|believe) (?:so|that|this|it)"
    r"|what makes you (?:say|think|believe) (?:so|that|this|it)|(?:on )?what (?:is|are) (?:that|this|it) based(?: on)?"
    r"|what does (?:that|this|it) rest on|show me why)\W*"
)
_IT = re.compile(  # what was just said to be worn
    r"(?:and |so )?(?:(?:what|which) (?:colou?rs?|kind|sort|pattern|brand) (?:is|are|was|were) (?:it|they|that|this)"
    rf"|(?:is|was) it (?:(?:dark|light|bright) )?(?:{'|'.join(sorted(COLOURS))}))\W*$"
)
_BARE = re.compile(  # what "Is Ana in the second half?" leaves: it asks whether she is there
    rf"(?:and )?(?:is|are|was|were|who(?:'s| is| was| are)?)(?:(?:,| and| or)? (?:{MASK.lower()}|he|she|they|any ?one"
    r"|any ?body|every ?one|every ?body|both))*(?P<end>\W*)"
)


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
        dangling: "he" or "she" is asked about, and no question says who that is.
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
    dangling: bool = False
    why: bool = False

    def about(self, everyone: Sequence[PersonPresence]) -> list[PersonPresence]:
        """Of everyone's presences those it is about: all, a sighting to each, for "who" and where it names nobody."""
        if self.reply:
            return []
        if self.asks_who or self.asks_all or not self.people or self.aspect.of_all:
            return one_name_each(everyone)
        return [p for p in everyone if p.name in self.people]


def read_questions(
    texts: Sequence[str],
    history: Sequence[Turn],
    names: Sequence[str],
    aliases: Mapping[str, str] | None = None,
    encode: Encode | None = None,
    there: Sequence[str] = (),
) -> list[Question]:
    """Read questions that follow one and the same conversation, each for itself.

    Args:
        texts: the questions as typed.
        history: earlier questions, oldest first; a turn may be a pair of question and answer too.
        names: as for `read_question`.
        aliases: as for `read_question`.
        encode: as for `read_question`.
        there: whom "she" means where no question says it: the only one who is there.

    Raises:
        UnknownPersonError: one asks about somebody who isn't enrolled.
        SettingsError: one is no text.
    """
    if isinstance(history, str) or isinstance(texts, str):
        raise SettingsError("questions come as a list.", hint="Put a single one in brackets.")
    previous: Question | None = None
    for turn in history:
        previous = read_question(turn if isinstance(turn, str) else turn[0], names, aliases, previous, encode)
    if there and not (previous and previous.focus):
        previous = replace(previous or Question(""), focus=tuple(there))
    asked = []
    for text in texts:
        if not isinstance(text, str):
            raise SettingsError(f"a question is text, not {type(text).__name__}.", hint="Ask something.")
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
    plain = " ".join(unicodedata.normalize("NFKC", text).replace("’", "'").split())
    worded = known_wording(plain)
    if previous is not None and previous.text and not previous.reply and _WHY_SO.fullmatch(worded.lower()):
        return replace(previous, why=True)
    if has_title(worded):
        worded = without_titles(worded, find_mentions(worded, names, aliases or {}))
    question = _read(text if worded == plain else worded, worded, names, aliases or {}, previous, encode)
    open_ = question.asks_who or question.asks_all
    focus = question.people if question.people and not question.asks_all else ()
    return replace(question, focus=focus or (previous.focus if previous and not open_ else ()))


def _read(
    text: str,
    worded: str,
    names: Sequence[str],
    aliases: Mapping[str, str],
    previous: Question | None,
    encode: Encode | None,
) -> Question:
    """Read a question in a known wording; `text` is kept of it where it names no part of the clip."""
    tidy, part = named_part(worded)
    if part is not None and previous is not None and _AND_WHEN.fullmatch(tidy):
        return replace(previous, part=part, why=False)
    mentions = find_mentions(tidy, names, aliases)
    if part is not None and (bare := _BARE.fullmatch(mask_names(tidy, mentions).lower())):
        tidy = f"{tidy[: len(tidy) - len(bare['end'])]} there{bare['end']}"
    masked = mask_names(tidy, mentions)
    lower = masked.lower()
    if part is None and previous is not None and _AND_WHOM.fullmatch(lower):
        part = previous.part  # "and Ben?" asks about the same part
    if foreign := read_foreign(lower):
        return _of_foreign(text, foreign, mentions)
    if _ARE_YOU.fullmatch(lower):
        return Question(text, reply=small_talk("who are you"))
    if kin := relatives(tidy, mentions):
        return Question(text, unknown=kin)
    if not mentions and asks_of_scene(lower):
        return Question(text if part is None else tidy, "location", part=part)
    people, asks_who, besides = _whom(lower, mentions, previous)
    if (things := read_things(lower)) and (things.asked != "held" or people):
        text = text if part is None else tidy
        return Question(text, things.type, people if things.asked == "held" else (), part=part, things=things)
    asks_all = not people and not asks_who and bool(_EVERYONE.search(lower))
    kind = question_type(masked, encode, previous.type if previous else None, asks_who)
    inherited = not mentions and bool(ELLIPSIS.search(lower))  # "and bob?" names somebody else than before
    reply = "" if mentions else small_talk(lower)
    unknown = () if asks_all or reply else unknown_names(tidy, mentions, asks_who or bool(people) and not inherited)
    aspect = USUAL if unknown else _aspect(lower, kind, bool(people) or asks_all, asks_who, previous)
    if reply and previous is not None:
        people = previous.people  # "thanks" changes no subject
    nobody = not (people or asks_who or asks_all or unknown)
    return Question(
        text=text if part is None else tidy,
        type=aspect.type(kind),
        people=people if aspect.of_all else () if asks_who else tuple(names) if asks_all else people,
        asks_who=asks_who,
        asks_all=asks_all,
        besides=besides,
        unknown=unknown,
        aspect=aspect,
        part=part,
        reply=reply or (no_subject(lower, question_type(masked)) if nobody else ""),
        dangling=not (people or mentions or unknown) and bool(_ONE.search(lower)) and not _WHO_IS.match(lower),
    )


def check_known(question: Question, names: Iterable[str]) -> None:
    """Raise `UnknownPersonError`, listing the enrolled, when the question asks about somebody who isn't enrolled."""
    if not question.unknown:
        return
    enrolled = sorted(names, key=str.casefold)
    who = " and ".join(question.unknown)
    meant = "".join(ask_back(name, enrolled) for name in question.unknown[:1])
    hint = (
        f"{meant}Enrolled: {_listed(enrolled)}."
        if enrolled
        else "Nobody is enrolled yet: pvchat enroll CLIP --name NAME."
    )
    raise UnknownPersonError("nobody of this name is enrolled.", subject=who, hint=hint)


def _listed(names: Sequence[str]) -> str:
    """The first names of a long list, and how many more there are."""
    more = len(names) - _MOST_LISTED
    return ", ".join(names) if more < 2 else f"{', '.join(names[:_MOST_LISTED])} and {more} more"


def _whom(
    lower: str, mentions: Sequence[Mention], previous: Question | None
) -> tuple[tuple[str, ...], bool, tuple[str, ...]]:
    """Whom a question is about, whether it asks who is there, and whom that leaves out."""
    people = tuple(dict.fromkeys(m.name for m in mentions))
    words = set(re.findall(r"[\w']+", lower))
    else_ = bool(_BESIDES.search(lower))
    asks_who = bool(_WHO.search(lower) or _OF_THEM.search(lower)) and (not people or else_)
    asks_other = asks_who or bool(_EVERYONE.search(lower))
    short = previous is not None and not people and bool(ELLIPSIS.search(lower) or len(words) <= 3) and not asks_other
    focused = previous is not None and (len(previous.focus) > 1 or not _OF_THEM.search(lower))
    if (
        previous is not None
        and focused
        and not people
        and not else_
        and (short or words & PRONOUNS or _IT.match(lower))
    ):
        people = previous.focus if words & PRONOUNS else previous.people
        asks_who = asks_who and not people
    besides = (people or (previous.people if previous else ())) if asks_who and else_ else ()
    return people, asks_who, besides


def _aspect(lower: str, kind: QuestionType, named: bool, asks_who: bool, previous: Question | None) -> Aspect:
    """What of somebody is asked; "and Ben?" asks what was asked before."""
    if previous is not None and _AND_WHOM.fullmatch(lower):
        return previous.aspect
    return read_aspect(lower, kind, named, asks_who)


def _of_foreign(text: str, foreign: ForeignQuestion, mentions: Sequence[Mention]) -> Question:
    """A question in another language: about who is there, or with a reply."""
    people = tuple(dict.fromkeys(m.name for m in mentions))  # a refused question is about them for the next one
    kind: QuestionType = "other" if foreign.reply else "existence"
    aspect = Aspect("count") if foreign.counts else USUAL
    return Question(text, kind, people, asks_who=foreign.asks_who, aspect=aspect, reply=foreign.reply)

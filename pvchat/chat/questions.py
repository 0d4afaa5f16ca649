"""Reading a question: its text and the enrolled names in, a `Question` (type, people, whom it asks for) out.

Order of work: bring it into a wording that is known (`wordings.py`), take out the words for a part of the clip
(`timewords.py`), find the names (`names.py`). What is about nobody ends here: other languages (`foreign.py`), relatives
(`unknown_names.py`), the scene (`scene.py`). Then whom it is about, pronouns resolved by the questions before; things
(`things.py`); its type (`questiontypes.py`); names that nobody enrolled bears (`unknown_names.py`); what of somebody is
asked (`aspects.py`), and whether anything is asked at all (`replies.py`). What is in doubt then may be a plain question
in other words (`paraphrases.py`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pvchat.chat.aspect import REST, USUAL, Aspect
from pvchat.chat.aspects import read_aspect
from pvchat.chat.cuts import asks_of_cuts
from pvchat.chat.ellipses import as_before, goes_on, in_full, leaning, of_another, of_part
from pvchat.chat.foreign import ForeignQuestion, read_foreign
from pvchat.chat.lineup import SOMEBODY
from pvchat.chat.listed import WHOM, Meant, with_listed, with_names, with_place
from pvchat.chat.names import Mention, find_mentions, mask_names
from pvchat.chat.paraphrases import UNANSWERABLE, in_doubt, mask_pronoun, plain_question
from pvchat.chat.question import Question, require_short
from pvchat.chat.questiontypes import ELLIPSIS, question_type
from pvchat.chat.replies import CANT_TELL, asks_why_so, no_subject, small_talk
from pvchat.chat.scene import asks_of_scene
from pvchat.chat.sentences import Encode
from pvchat.chat.things import read_things
from pvchat.chat.timewords import named_part
from pvchat.chat.unknown_names import check_known, relatives, unknown_names
from pvchat.chat.vocabulary import MASK
from pvchat.chat.whom import EVERYONE, STRANGERS, whom_of
from pvchat.chat.window import Part
from pvchat.chat.wordings import has_title, known_wording, without_titles
from pvchat.errors import SettingsError
from pvchat.schemas import QuestionType

Turn = str | tuple[str, str]  # a question, or a question with its answer

_AND_WHEN = re.compile(r"(and|or|but|also|what about|how about|then)?\W*", re.I)  # "and at 3:40?"
_ARE_YOU = re.compile(rf"(?:and |so )?are you (?:really |not )?{MASK.lower()}\W*")
_DESCRIBES = re.compile(r"\b(?:where|describe|look\w*|wear\w*|doing)\b", re.I)
_ONE = re.compile(r"\b(he|she|him|her|his|hers|himself|herself)\b")
_OF_THEM = re.compile(r"\b(?:he|she|they|him|her|them|his|their)\b", re.IGNORECASE)
_TIMED = re.compile(r"\b(?:when|how (?:long|often|many times)|times?|again|later|ever|always)\b", re.IGNORECASE)
_WHO_IS = re.compile(r"(?:and |so )?who(?:'s|m)?\b")
_DOING = re.compile(
    r"\b(?:sitt|stand|ly|walk|runn|danc|talk|speak|smil|laugh|wav|look|read|eat|drink|hold|carry|wear)ing\b|\bwears?\b"
)
_BARE = re.compile(  # what "Is Ana in the second half?" leaves: it asks whether she is there
    rf"(?:and )?(?:is|are|was|were|who(?:'s| is| was| are)?)(?:(?:,| and| or)? (?:{MASK.lower()}|he|she|they|any ?one"
    r"|any ?body|every ?one|every ?body|both))*(?P<end>\W*)"
)


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
        there: who is there, where a question leaves open whom it means: "she" is the only one of them.

    Raises:
        UnknownPersonError: one asks about somebody who isn't enrolled.
        SettingsError: one is no text, or longer than `MAX_QUESTION` characters, history included.
    """
    if isinstance(history, str) or isinstance(texts, str):
        raise SettingsError("questions come as a list.", hint="Put a single one in brackets.")
    for one in (*texts, *(turn if isinstance(turn, str) else turn[0] for turn in history)):
        require_short(one)
    previous: Question | None = None
    for turn in history:
        asked_before, answer = (turn, "") if isinstance(turn, str) else turn
        previous = with_listed(read_question(asked_before, names, aliases, previous, encode), answer, names, there)
    if len(there) == 1 and not (previous and previous.focus):
        previous = replace(previous or Question(""), focus=tuple(there))
    asked = []
    for text in texts:
        asked.append(read_question(text, names, aliases, previous, encode))
        check_known(asked[-1].unknown, names)
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
    if previous is not None and previous.text and not previous.reply and asks_why_so(worded.lower()):
        return replace(previous, why=True)
    if has_title(worded):
        worded = without_titles(worded, find_mentions(worded, names, aliases or {}))
    lean = None if previous is None else leaning(worded, previous)
    if previous is not None and lean is not None:
        return replace(previous, aspect=lean, why=False, focus=(), listed=())
    if previous is not None and (part := of_part(worded, previous)) is not None:
        return replace(previous, part=part, why=False)
    if previous is not None and previous.text and not previous.reply:
        worded = in_full(worded, find_mentions(worded, names, aliases or {}), previous)
    people = () if previous is None or previous.lists_all else previous.people
    people = previous.focus if previous and len(people) > 1 and len(previous.focus) == 1 else people
    meant = with_names(worded, previous.listed, people) if previous is not None and previous.text else Meant(worded)
    if previous is not None and meant.open:
        return replace(previous, text=text, listed=meant.listed, dangling=True, reply=WHOM, why=False)
    worded = meant.text
    phrase = "" if previous is None or previous.focus else previous.by_place
    if previous is not None and phrase and not find_mentions(worded, names, aliases or {}):
        worded = with_place(worded, phrase, previous.people)
    question = _read(text if worded == plain else worded, worded, names, aliases or {}, previous, encode)
    open_ = question.asks_who or question.asks_all or question.aspect.headcount is not None
    focus = question.people if question.people and not (question.asks_all or question.by_place) else ()
    focus = focus or (previous.focus if previous and not (open_ or question.by_place) else ())
    return replace(question, focus=focus, listed=meant.listed)


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
    of_whom = goes_on(masked.lower())
    of_them = previous is not None and previous.asks_who and _OF_THEM.search(masked) and not _TIMED.search(masked)
    if previous is not None and (of_whom or of_them):
        part = part or previous.part  # "and Ben?" asks about the same part; "they" are those who are seen in it
    wording = _Wording(text, tidy, masked, mentions, part, previous)
    read = _of_nobody(wording) or _of_people(wording, names, encode)
    if of_whom:
        return replace(read, text=of_another(previous, mentions) or read.text)
    return read if encode is None else _in_other_words(read, wording, names, aliases, encode)


@dataclass(frozen=True)
class _Wording:
    """A question in a known wording.

    Attributes:
        text: as typed.
        tidy: without the words for a part of the clip.
        masked: the same with its names masked.
        mentions: of enrolled names in `tidy`.
        part: of the clip.
        previous: the question before.
    """

    text: str
    tidy: str
    masked: str
    mentions: Sequence[Mention]
    part: Part | None
    previous: Question | None

    @property
    def lower(self) -> str:
        """What the rules read."""
        return self.masked.lower()

    @property
    def kept(self) -> str:
        """What is kept as the question's text."""
        return self.text if self.part is None else self.tidy


def _of_nobody(wording: _Wording) -> Question | None:
    """A question that isn't about who is enrolled or there: of another language, about us, relatives, the scene."""
    lower = wording.lower
    if (foreign := read_foreign(lower)) is not None:
        return _of_foreign(wording.text, foreign, wording.mentions)
    if _ARE_YOU.fullmatch(lower):
        return Question(wording.text, reply=small_talk("who are you"))
    if kin := relatives(wording.tidy, wording.mentions):
        return Question(wording.text, unknown=kin)
    if not wording.mentions and asks_of_scene(lower):
        return Question(wording.kept, "existence" if asks_of_cuts(lower) else "location", part=wording.part)
    return None


def _of_people(wording: _Wording, names: Sequence[str], encode: Encode | None) -> Question:
    """A question about people, or about things."""
    whom = _Whom(*whom_of(wording.lower, wording.mentions, wording.previous))
    if (things := _of_things(wording, whom)) is not None:
        return things
    reply = "" if wording.mentions else small_talk(wording.lower)
    asks_all = not whom.people and not whom.asks_who and bool(EVERYONE.search(wording.lower))
    unknown = () if asks_all or reply else unknown_names(wording.tidy, wording.mentions, whom.answered(wording))
    before = wording.previous
    kind = question_type(wording.masked, encode, before.type if before else None, whom.asks_who)
    aspect, people = _what_of(wording, kind, replace(whom, asks_all=asks_all), bool(unknown))
    if reply and before is not None:
        people = before.people  # "thanks" changes no subject
    nobody = not (people or whom.asks_who or asks_all or unknown) and aspect.name in ("usual", "rest")
    return Question(
        text=wording.kept,
        type=aspect.type(kind),
        people=people if aspect.of_all or not (whom.asks_who or asks_all) else () if whom.asks_who else tuple(names),
        asks_who=whom.asks_who,
        asks_all=asks_all,
        besides=whom.besides,
        unknown=unknown,
        aspect=aspect,
        part=wording.part,
        reply=reply or (no_subject(wording.lower, question_type(wording.masked)) if nobody else ""),
        dangling=not (people or wording.mentions or unknown) and _says_he(wording.lower),
    )


@dataclass(frozen=True)
class _Whom:
    """Whom a question is about, by its words.

    Attributes:
        people: by name.
        asks_who: it asks which people.
        besides: whom that leaves out.
        asks_all: it is about everyone.
    """

    people: tuple[str, ...]
    asks_who: bool
    besides: tuple[str, ...]
    asks_all: bool = False

    def answered(self, wording: _Wording) -> bool:
        """Whether it is known whom the question is about: "and bob?" names somebody else than the one before."""
        inherited = not wording.mentions and ELLIPSIS.search(wording.lower) is not None
        return self.asks_who or bool(self.people) and not inherited


def _of_things(wording: _Wording, whom: _Whom) -> Question | None:
    """A question about things; None where it is about people."""
    things = read_things(wording.lower)
    if things is None or things.asked == "held" and not whom.people:
        return None
    whose = whom.people if things.asked == "held" else ()
    return Question(wording.kept, things.type, whose, part=wording.part, things=things)


def _what_of(wording: _Wording, kind: QuestionType, whom: _Whom, unknown: bool) -> tuple[Aspect, tuple[str, ...]]:
    """What of them is asked, and of whom; `unknown`: it names somebody who isn't enrolled."""
    if wording.previous is not None and goes_on(wording.lower) and not unknown:
        return as_before(wording.lower, whom.people, wording.previous)
    if unknown:
        return USUAL, whom.people
    return read_aspect(wording.lower, kind, bool(whom.people) or whom.asks_all, whom.asks_who), whom.people


def _says_he(lower: str) -> bool:
    """Whether a question speaks of one whom it doesn't name."""
    return _ONE.search(lower) is not None and not _WHO_IS.match(lower)


def _in_other_words(
    question: Question, wording: _Wording, names: Sequence[str], aliases: Mapping[str, str], encode: Encode
) -> Question:
    """A question, or the plain one that asks the same where it is in doubt and one is likely enough."""
    if question.by_place and not question.unknown:
        return _of_somebody(question, encode)
    done = question.unknown or question.dangling or question.things or question.reply not in ("", CANT_TELL)
    general = not question.people
    strangers = STRANGERS.search(question.text) and _DESCRIBES.search(question.text)
    if done or general and (asks_of_scene(question.text.lower()) or strangers):
        return question
    if (least := in_doubt(question.aspect, question.type, question.text, bool(question.reply))) is None:
        return question
    mentions = wording.mentions
    whom = [*dict.fromkeys(m.name for m in mentions)] or [*(() if question.asks_all else question.people)]
    masked = wording.masked if mentions or not whom else mask_pronoun(wording.tidy)
    plain = plain_question(masked, whom, encode, least)
    if plain == UNANSWERABLE and question.aspect.name == "usual" and not question.reply:
        return replace(question, type="other", aspect=REST)
    if not plain:
        return question
    read = _read(plain, plain, names, aliases, None, None)
    if read.aspect.headcount is not None and _DOING.search(wording.lower):  # of those who do that nobody counts
        return question
    if (question.aspect.gender, question.aspect.denied) != (read.aspect.gender, read.aspect.denied):
        return question
    several = len(whom) > 2 and read.people and read.aspect.name == "usual"  # a plain question names two
    return replace(read, part=wording.part, people=tuple(whom) if several else read.people)


def _of_somebody(question: Question, encode: Encode) -> Question:
    """A question about whom it means by the place; what it asks of them is read in other words, too."""
    lineup = question.aspect.lineup
    asked = "" if lineup is None else lineup.asked
    read = read_question(asked, [SOMEBODY])
    least = in_doubt(read.aspect, read.type, asked, bool(read.reply)) if asked else None
    plain = None if least is None else plain_question(asked.replace(SOMEBODY, MASK), [SOMEBODY], encode, least)
    if lineup is None or not plain:
        return question
    aspect = replace(question.aspect, lineup=replace(lineup, asked=plain))
    return replace(question, type=aspect.type(question.type), aspect=aspect)


def _of_foreign(text: str, foreign: ForeignQuestion, mentions: Sequence[Mention]) -> Question:
    """A question in another language: about who is there, or with a reply."""
    people = tuple(dict.fromkeys(m.name for m in mentions))  # a refused question is about them for the next one
    kind: QuestionType = "other" if foreign.reply else "existence"
    aspect = Aspect("count") if foreign.counts else USUAL
    return Question(text, kind, people, asks_who=foreign.asks_who, aspect=aspect, reply=foreign.reply)

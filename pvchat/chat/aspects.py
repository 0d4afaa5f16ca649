"""What of somebody a question asks about: masked text and type in, an `Aspect` out.

A question gets a yes only if every word of it is about being there. "Is Ana dead?" has one that is not: it is read as
a question whether something holds, and where nothing measured speaks to that the answer says so.
"""

from __future__ import annotations

import re
from dataclasses import replace

from pvchat.chat.absences import read_absence
from pvchat.chat.aspect import REST, USUAL, Aspect, Manner
from pvchat.chat.comparisons import read_comparison
from pvchat.chat.crowd import read_crowd
from pvchat.chat.headcounts import read_headcount
from pvchat.chat.inshots import read_in_shots
from pvchat.chat.lineup import EVERYBODY, read_lineup
from pvchat.chat.meetings import Meeting, read_meeting
from pvchat.chat.often import read_often
from pvchat.chat.order import read_order
from pvchat.chat.predicates import VAGUE, read_predicate
from pvchat.chat.screentime import read_screen_time
from pvchat.chat.unseen import EYES, is_unseen
from pvchat.chat.vocabulary import FUNCTION_WORDS, MASK, PRONOUNS, word_set
from pvchat.chat.whodoes import read_who_does
from pvchat.chat.whom import STRANGERS
from pvchat.schemas import QuestionType

_THERE = word_set(
    """present visible here there shown seen spotted found featured included filmed recorded captured caught
    identified recognised recognized detected listed anywhere somewhere among part one of in on at within it
    this that these the a an any my your our video videos clip clips footage recording film movie picture photo
    image frame frames shot scene camera screen people persons faces group cast and or both all too also
    together again ever even either neither as be been point time times moment once still already really
    actually now today you me us i we can please absent missing not to yes no from only else around"""
)  # what may be said of somebody who is asked for by name
_APPEARS = re.compile(
    r"^\s*(?:ever |even |also |still |actually |all |both )*(?:appear|feature|exist|participate|attend|take part|star"
    r"|enter|arrive|come in|(?:show|turn|pop|come) up|make (?:it|an appearance|a cameo))\b"
)
_PRESENCE = _THERE | word_set(
    """person persons human humans individual individuals crowd appear appears appeared appearing appearance see
    seeing saw spot spots spotting find finds notice notices noticed detect recognise recognize identify show
    shows showing turn turns turned pop pops popped come comes came across catch capture features feature
    featuring include includes contain contains exist exists existing participate participates attend join make
    makes made cameo starring look looking luck trace traces sign signs glimpse glimpses check confirm verify
    know wonder whether if right true sure certain maybe perhaps possibly likely got get long often begins
    starts enter enters arrive arrives leave leaves second seconds first last minute minutes watch watched watching
    two three four five anybody anyone somebody someone everybody everyone nobody none hello hi hey ok okay thanks
    am think thought believe
    guess wrong mistaken count counts total altogether overall able familiar known enrolled name names
    list say tell there's who's that's i'm i've you've let's isn't aren't wasn't
    doesn't don't didn't can't haven't hasn't won't face anything nothing something characters actors participants
    attended attending meeting"""
)  # and in questions of any form about who is there
_ODD = word_set("like why how what which whose before after than same under over below more most")  # never free
_FREE = (FUNCTION_WORDS | PRONOUNS | _PRESENCE | {MASK.lower()}) - _ODD
_NAMED_CLIP = re.compile(
    r"\b(in|of|from|on|within|throughout|during) (this|the|that|my|your|our) ((?!of\b)\w+ ){0,5}?"
    r"(video|clip|footage|film|movie|picture|photo|recording|scene|frame)s?\b"
)
_SUBJECT = rf"(?:{MASK.lower()}|he|she|they|every ?one|every ?body)"
_TOGETHER = r"(?: both| all(?: (?:two|three|four|five|of them))?)?"
_LISTED = rf"{_SUBJECT}(?:(?:, (?:and |or )?| and | or | nor ){MASK.lower()}\b(?!'))*(?! and )\b(?!'){_TOGETHER}"
_POLAR = re.compile(
    r"^(?:(?:and|but|so|then|ok|well|hey),? )?(?P<verb>is|are|was|were|isn't|aren't|does|do|did|doesn't|has|have"
    rf"|can|could|will|would|should|may|might|must) (?:both |either |neither )?{_LISTED}(?P<rest>.*)$"
)
_OWNED = re.compile(rf"^(?P<verb>is|are|was|were) {MASK.lower()}(?P<rest>'s .*)$")
_CLAUSE = re.compile(
    r"(?:^|^(?!.*\b(?:what|where|how|who|when|why|which)\b).*\b(?:whether|if|that|think|believe|so|sure) )"
    rf"{_LISTED}(?P<verb> is| are| was| were)"
    r"(?P<rest> .*?)(?:,? (?:right|correct|or not|isn't (?:he|she|it)|is (?:he|she)|are they))?\W*$"
)  # "tell me whether Ana is dead", "so Ana is dead, right?"
_OBJECT = re.compile(
    rf"^(?:and |so |but )?what(?:'s| is| are| was| were| does| do| did| has| have) {_LISTED}(?P<rest> .*?)"
    r"(?: (?:about|with|from|to|at|in|for|of|into))?\W*$"
)  # "what is Ana drinking?"
_WHEN = re.compile(
    r"^(?:and |so |but )?(?:when|at (?:what|which) (?:time|point|moment|second|minute))"
    rf" (?:does|do|did|is|are|was|were|has|have|will) {_LISTED}(?P<rest> .*)$"
)
_SUCH = re.compile(
    r"^(?!(?:and |so )?(?:who|(?:is|are|was|were) there)\b)"
    r".*\b(?:the|an?) (?:man|woman|person|people|men|women|one|guy|lady|girl|boy)"
    r"(?: (?:who|that) (?:is|are|has|wears?))? (?P<rest>(?:in|with|wearing) (?:an? |the )?[a-z-]+(?: [a-z-]+){0,2}?)"
    r"(?: (?:doing|up to|wearing|standing|sitting|located|looking|talking|smiling))?\W*$"
)  # "what is the woman in pink doing?"
_SUCH_GENDER = re.compile(
    r"^(?!(?:and |so )?(?:how many|(?:is|are|was|were) there)\b)"
    r".*\b(?:the|that|those|these|all the) (?P<noun>man|men|woman|women|lady|ladies|guys?)"
    r"(?: (?:doing|up to|wearing|standing|sitting|located|like|look like|looking like|do|does|wear|there|here))?\W*$"
)  # "what is the woman wearing?"
_BEHIND = re.compile(
    rf"^(?:and |so )?(?:who|is (?:there )?any ?(?:one|body))\b.*\b(?:behind|in front of|opposite) {MASK.lower()}\b"
)
_NO_OBJECT = VAGUE | word_set("sitting standing lying walking moving running dancing")
_EITHER = re.compile(rf"\b{MASK.lower()} or {MASK.lower()}\b(?!')")
_WHO_OBJECT = re.compile(rf"^(?:and |so )?whom? (?:is|are|does|do|did|was|were) {_LISTED} (?!there\b|here\b|in\b)\w+")
_MODALS = word_set("can could will would should may might must")
_COUNT = re.compile(
    r"\b(?:how many|count|number of) (?:other |more |the )?(?:people|persons?|faces|humans|of (?:them|us))\b"
    r"|(?:\bwhat(?:'s| is) the )?\bhead ?count\b|\ba crowd or\b|\b(?:just |only )?one person or (?:more|several|many)\b"
)
_TIMES = re.compile(
    r"\b(when|how (long|often)|how many (times|seconds|minutes|hours)"
    r"|(at )?what (time|point)|(what|which) (seconds?|minutes?|moments?)|all the time|throughout"
    r"|the (whole|entire|full) (time|video|clip|film)"
    r"|(right )?from the (very )?(start|beginning|outset)( (on|onwards?))?)\b"
)
_WHEN_SEEN = re.compile(
    r"^(?:and |so )?(?:when|at (?:what|which) times?|how (?:long|often|many times))"
    r" (?:is|are|was|were|does|do|did|can) .*"
    r"\b(?:seen?|there|here|visible|appear|come|came|enter|arrive|know|recogni[sz]e"
    r"|show up|around|stay)\b"
)
_SUCH_A_ONE = re.compile(  # whoever fits, not somebody who is known
    r"^(is|are|was|were) there (an?|any|some) (\w+ )*?(man|men|woman|women|boys?|girls?|child|children|kids?|baby)\b"
)
_ASIDE = re.compile(
    r"\b(which (one )?of|what (do|can|could) (you|we|i)|other than|apart from|aside from|besides|except( for)?"
    rf"|(what|which) (people|persons?)(?!.*{MASK.lower()})|(video|clip|film|scene|part|picture|photo|frame) \d+)\b"
)
_ALSO_NAMED = re.compile(
    rf"(,|and|or|nor) {MASK.lower()}\b|\bas well\b|^ (both|all|either|ever|even|also)( two| three| four| five)?\b"
)
_MISSING = re.compile(r"\b(?<!or )(not|missing|absent|without)\b")
_WITHOUT = re.compile(rf"\b(?:without|but not) {MASK.lower()}\b(?!')")
_NOT_THERE = re.compile(
    r"^(?!.*\b(?:know|recogni[sz]e)\b).*\b(not|isn't|aren't|wasn't|doesn't|don't|can't|couldn't|missing|absent)\b"
)
_FILMED = re.compile(
    r"\b(captured|caught|filmed|recorded|seen|shown) (?:by|on|with) (?:the |a |this |your |any )?\w+\b"
)
_OF_SOMETHING = re.compile(rf"^(?:and |but |so )?(?:what|how|which|when)(?:'s)?\b.*\b{MASK.lower()}\b")
_DESCRIBES = re.compile(
    r"\b(?:describe|description|about|summar\w+|say|tell|look\w*|see|seen|notice\w*|everything|anything|know|details?|story"
    r"|going on|happen\w*|wear\w*|worn|doing|do|where|else|appear\w*|impression|mood)\b"
)
_RISES = re.compile(r"\b(?:gets?|got|getting) up\b")
_OVER_THERE = re.compile(r"\bover (?:there|here)\b")
_PLEASE = re.compile(r",? please\W*$")
_HAPPENS = re.compile(r"\bhappens? to\b")


def read_aspect(lower: str, kind: QuestionType, named: bool, asks_who: bool) -> Aspect:
    """The aspect of a question.

    Args:
        lower: its text in lower case, names masked.
        kind: its type.
        named: whether it is about somebody named.
        asks_who: whether it asks which people.
    """
    if (other := _beyond_those_named(lower, named)) is not None:
        return other
    if named and _BEHIND.match(lower):
        return REST  # how far away somebody is isn't measured
    if not named and STRANGERS.search(lower) and _WHEN_SEEN.match(lower):
        return Aspect("times")
    if asks_who:
        return REST if is_unseen(lower, named=False) else _of_anybody(lower, kind)
    if named and (asked := _asked_otherwise(lower, kind)) is not None:
        return asked
    if named and kind == "existence" and _WHO_OBJECT.match(lower):
        return REST  # "who does Ana look at?" is about somebody else
    return _of_those_named(lower, kind, named)


def _of_those_named(lower: str, kind: QuestionType, named: bool) -> Aspect:
    """Whether they are there, or when, whether something else holds of them, or what the question's type says."""
    if EYES.search(lower):
        return REST
    polar = _POLAR.match(lower) or _OWNED.match(lower) or _CLAUSE.search(lower)
    there = _is_there(polar["verb"].strip(), polar["rest"]) if polar and named else only_presence(lower)
    if there and (polar or kind == "existence"):
        return Aspect("times") if _TIMES.search(lower) else Aspect("missing") if _MISSING.search(lower) else USUAL
    if polar and named and (stated := _stated(lower, polar["verb"], polar["rest"])) is not None:
        return stated
    if kind == "existence" or kind == "other" and polar:
        return REST  # more than being there is asked for
    return REST if not named and _SUCH_A_ONE.match(lower) or _is_unread(lower, kind, named) else USUAL


def _beyond_those_named(lower: str, named: bool) -> Aspect | None:
    """What is asked of more than each of those named: an order, a comparison, who stands where, a number."""
    lower = _PLEASE.sub("", lower)
    order = read_order(lower)
    if order is not None and (named or MASK.lower() in lower or order.relation in ("first", "last")):
        return Aspect("order", order=order)
    if (screen_time := read_screen_time(lower)) is not None:
        return Aspect("long", screen_time=screen_time)
    if named and (meeting := read_meeting(lower)) is not None:
        return Aspect("meeting", meeting=meeting)
    if (absence := read_absence(lower, named)) is not None:
        return Aspect("gone", absence=absence)
    if named and (in_shots := read_in_shots(lower)) is not None:
        return Aspect("shots", in_shots=in_shots)
    if named and (comparison := read_comparison(lower)) is not None:
        return Aspect("compared", comparison=comparison)
    if (lineup := read_lineup(lower)) is not None and (named or lineup.relation.startswith(EVERYBODY)):
        return Aspect("lineup", lineup=lineup)
    if (headcount := read_headcount(lower)) is not None:  # "are they all men?" names nobody
        return Aspect("count", headcount=headcount)
    if named:
        return None
    if (crowd := read_crowd(lower)) is not None:
        return Aspect("count", crowd=crowd)
    return _such(lower)


def _stated(lower: str, verb: str, rest: str) -> Aspect | None:
    """Whether what "is Ana …" goes on with holds; None where it is nothing that is measured."""
    predicate = read_predicate(rest.removeprefix(" not"))
    if predicate.kind == "unknown" or verb in _MODALS:
        return None
    plain = rest.startswith(" not ") or _EITHER.search(lower)
    if predicate.kind == "alone" and not predicate.words and not plain:  # "tell me whether Ana is alone"
        return Aspect("meeting", meeting=Meeting("alone", "whole"))
    return Aspect("whether", predicate, manner="plain" if plain else "polar")


def _is_unread(lower: str, kind: QuestionType, named: bool) -> bool:
    """Whether a question asks for something that nothing measured speaks to."""
    if is_unseen(lower, named) or named and kind == "appearance" and _WHEN.match(lower):
        return True
    return kind == "other" and _OF_SOMETHING.match(lower) is not None and not _DESCRIBES.search(lower)


def _such(lower: str) -> Aspect | None:
    """Somebody known by what she wears, of whom something else is asked."""
    if found := _SUCH.match(lower):
        predicate = read_predicate(found["rest"])
        return Aspect("such", predicate) if predicate.kind in ("worn", "looks") else None
    if (found := _SUCH_GENDER.match(lower)) and _DESCRIBES.search(lower):
        return Aspect("such", read_predicate("a man" if found["noun"][0] in "mg" else "a woman"))
    return None


def _asked_otherwise(lower: str, kind: QuestionType) -> Aspect | None:
    """Of somebody named: of whom of them something holds, what they do it to, or when."""
    if (holders := _of_holders(lower)) is not None:
        return replace(holders, manner="which")
    if (often := read_often(lower)) is not None:
        return Aspect("whether", often, manner="often")
    if kind == "action" and not is_unseen(lower, named=True) and (asked := _OBJECT.match(lower)) is not None:
        predicate = read_predicate(asked["rest"])
        if predicate.kind == "deed" and predicate.words[0] not in _NO_OBJECT:
            return Aspect("whether", predicate, manner="what")
    if (asked := _WHEN.match(lower)) is not None and not only_presence(lower):
        predicate = read_predicate(asked["rest"])
        return Aspect("whether", predicate, manner="when") if predicate.kind in ("deed", "pose") else None
    return None


def _of_holders(lower: str) -> Aspect | None:
    """Of whom, or of how many, something holds."""
    asked = read_who_does(lower)
    if asked is None:
        return None
    manner: Manner = "count" if asked.counts else "which"
    return Aspect("whether", asked.predicate, manner=manner, gender=asked.gender, denied=asked.denied)


def only_presence(lower: str) -> bool:
    """Whether every word of a question is about being there, about people and clips in general, or a name."""
    if _RISES.search(lower):
        return False
    asked = _ASIDE.sub(" ", _TIMES.sub(" ", _COUNT.sub(" ", lower)))
    return all(_bare(word) in _FREE or word in _FREE for word in _words(asked))


def _is_there(verb: str, rest: str) -> bool:
    """Whether "is Ana …" or "does Ana …" goes on about being there only."""
    rest = _WITHOUT.sub(" ", _HAPPENS.sub(" ", _FILMED.sub(r"\1 ", rest)))
    rest = _ALSO_NAMED.sub(" ", _ASIDE.sub(" ", _TIMES.sub(" ", rest)))
    if verb.startswith("d"):
        return bool(_APPEARS.match(rest)) and set(_words(_APPEARS.sub(" ", rest))) <= _THERE
    words = _words(rest)
    return set(words) <= _THERE and (verb not in _MODALS or words[:1] == ["be"])


def _of_anybody(lower: str, kind: QuestionType) -> Aspect:
    """The aspect of a question about who."""
    if (holders := _of_holders(lower)) is not None:
        return holders
    if only_presence(lower):
        if _COUNT.search(lower):
            return Aspect("count")
        return Aspect("absent") if _NOT_THERE.search(lower) and kind == "existence" else USUAL
    return USUAL if kind != "existence" and MASK.lower() in lower else REST


def _words(text: str) -> list[str]:
    """Words, the clip that is spoken of ("in the second clip") left out."""
    return re.findall(r"[^\W_][\w'-]*", _OVER_THERE.sub(" there", _NAMED_CLIP.sub(" ", text)))


def _bare(word: str) -> str:
    return re.sub(r"'(s|re|ll|d|ve|m)?$", "", word)

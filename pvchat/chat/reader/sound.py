"""Questions about what is heard: the words of one that the trained reader takes for a question of sound, as a `Query`.

The network says that sound is asked about, and of whom; this says what. "When does Ana say 'coffee'?" is
Query("when", Whom(("Ana",)), where=Has("says", "coffee")); "what is being said?" asks for the attribute "says". What
nothing hears (which song, tones of voice, accents) stays refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from pvchat.chat.query import Form, Has, Query, Rank, Select
from pvchat.chat.reader.slots import Word
from pvchat.chat.vocabulary import word_set
from pvchat.schemas import LANGUAGES

_SAYING = word_set("say says said saying mention mentions mentioned mentioning utter utters uttered")
_SPEAKING = word_set(
    "speak speaks spoke spoken speaking talk talks talked talking speech speaker speakers conversation voice voices"
)
_ONLY_HEARD = word_set("speak speaks spoke spoken speech voices")  # beside "talking", which is seen as well
_HEARING = word_set("hear heard audible audio sound sounds noise noises")
_WORDS = word_set("words transcript transcribe quote subtitles captions dialogue dialog conversation")
_UNHEARD = {
    "music": word_set("song songs singing sing sings melody tune"),
    "accent": word_set("accent accents"),
}
_LANGUAGES = {name.casefold(): name for name in LANGUAGES.values()}
_AUXILIARY = word_set("is are was were be been being does do did has have had can could will get gets got ever")
_EMPTY = word_set(
    """the word words phrase something anything about a an in this that video clip of it out loud aloud name names to
    there ever by anybody anyone somebody someone"""
)
_QUOTES = re.compile(r"[\"“”«»]([^\"“”«»]+)[\"“”«»]|(?:(?<=\s)|^)['‘]([^'‘]+?)['’](?=\W|$)")
_NOT = word_set("never not nobody")
_MOST = word_set("most longest more longer")
_ASKING = word_set("when who whose which how what")


def sound_query(query: Query, words: Sequence[Word], text: str) -> Query:
    """The query, or what it means where it asks about sound.

    Args:
        query: as the trained reader read it.
        words: of the question.
        text: as it was typed, for quotes.
    """
    seen = [word.seen for word in words]
    refused = query.select == "refuse" and query.refusal == "sound"
    if not (refused or _is_heard(query, text, seen)):
        return query
    phrase, names = _phrase(words, text)
    if {"my", "name"} <= set(seen):
        return replace(query, select="refuse", refusal="sound", value="mine", where=None)
    for kind, known in _UNHEARD.items():
        if known & set(seen) and not phrase:
            return replace(query, select="refuse", refusal="sound", value=kind, where=None, rank=None)
    typed = (word.typed.casefold().strip(".,?!'’") for word in words)  # what may be a name is masked in `seen`
    spoken = [_LANGUAGES[word] for word in typed if word in _LANGUAGES]
    if (spoken or {"language", "languages"} & {*seen}) and not phrase:
        return _language_query(query, seen, spoken)
    if "music" in seen and not phrase:
        return _music_query(query, seen)
    if not {*seen} & (_SAYING | _SPEAKING | _HEARING | _WORDS):
        return query
    whom = replace(query.whom, names=tuple(name for name in query.whom.names if name not in names))
    said = {*phrase.casefold().split()}
    whom = replace(whom, unknown=tuple(one for one in whom.unknown if one.casefold() not in said))
    if "than" in seen and query.select == "compare" and not phrase:  # "does Ana talk longer than Ben?": by what is seen
        return query
    # who says it more often is held against nobody; of nobody it isn't known, since some may speak unheard
    if {"than", *_NOT} & {*seen} - said:
        return replace(query, select="refuse", refusal="sound", value="", where=None, rank=None)
    plain = Query("exists", whom, during=query.during)
    asked = Has("says", phrase) if phrase else Has("speaks")
    select = _select(seen, bool(phrase))
    if select == "attribute":
        return replace(plain, select=select, attribute="says")
    most = Rank("long", 1 if query.rank is None else query.rank.k)
    edge = next((Rank("time", k) for word, k in (("first", 1), ("last", -1)) if word in seen), None)
    rank = most if select == "who" and _MOST & set(seen) else edge if select in ("who", "when") else None
    form: Form = "polar" if select == "exists" else "wh"
    value = "sound" if select == "exists" and _HEARING & set(seen) and not phrase else ""
    versus = query.versus if rank is most else None
    return replace(plain, select=select, where=asked, form=form, rank=rank, value=value, versus=versus)


def _language_query(query: Query, seen: Sequence[str], spoken: Sequence[str]) -> Query:
    """Who speaks the one language that is named, or which ones are spoken."""
    unknown = tuple(one for one in query.whom.unknown if one.casefold() not in _LANGUAGES)
    whom = replace(query.whom, unknown=unknown, quantifier=query.whom.quantifier if query.whom.names else "any")
    if len(spoken) != 1:
        return Query("attribute", whom, attribute="language", during=query.during)
    select = _select(seen, True)
    form: Form = "polar" if select == "exists" else "wh"
    return Query(select, whom, Has("language", spoken[0]), during=query.during, form=form)


def _music_query(query: Query, seen: Sequence[str]) -> Query:
    """Whether, when or how long music plays; which music, nobody tells."""
    select = _select(seen, False)
    if select not in ("exists", "when", "how_long", "how_often"):
        return replace(query, select="refuse", refusal="sound", value="music", where=None, rank=None)
    form: Form = "polar" if select == "exists" else "wh"
    return Query(select, where=Has("music"), during=query.during, form=form)


def _is_heard(query: Query, text: str, seen: Sequence[str]) -> bool:
    """Whether the words alone tell that speech is asked about, where the network took it for something that is seen."""
    words = {*seen}
    if _SAYING & words and query.select != "refuse" and (_QUOTES.search(text) or _MOST & words):
        return True
    speaks = query.where in (None, Has("deed", "talking"), Has("deed", "speech")) and query.select != "refuse"
    ranked = query.rank is not None and _SPEAKING & words
    return bool(speaks and (_ONLY_HEARD & words or ranked) and query.form != "choice" and query.then is None)


def _select(seen: Sequence[str], phrase: bool) -> Select:
    """What kind of answer is wanted."""
    start = seen[0] if seen[0] in _AUXILIARY | {"at"} else next((word for word in seen if word in _ASKING), seen[0])
    if start in ("when", "at") or seen[:2] in (["in", "which"], ["in", "what"]) or seen[:3] == ["in", "how", "many"]:
        return "when"
    if start in ("who", "whose", "which"):
        return "who"
    if start == "how" and "many" in seen and "times" not in seen and not phrase:
        return "count"
    if start == "how":
        return "how_often" if {"often", "times"} & {*seen} else "how_long" if "long" in seen else "who"
    polar = start in _AUXILIARY and "what" not in seen and not _WORDS & {*seen}
    return "exists" if phrase or polar else "attribute"


def _phrase(words: Sequence[Word], text: str) -> tuple[str, list[str]]:
    """The words that somebody is asked to say ("" for any), and the enrolled names that are no more than such words."""
    quoted = _QUOTES.search(text)
    if quoted:
        said = (quoted[1] or quoted[2]).split()
        return " ".join(said), [word.name for word in words if word.name and word.typed.rstrip("'’") in said]
    at = next((i for i, word in enumerate(words) if word.seen in _SAYING), -1)
    if at < 0 or words[0].seen == "what":
        return "", []
    before = [word.seen for word in words[:at]]
    passive = bool(_AUXILIARY & set(before[-1:])) or before[:1] and before[0] in ("is", "are", "was", "were")
    named = words[1 if words[0].seen in _AUXILIARY | {"when", "how"} else 0 : at] if passive else words[at + 1 :]
    kept = [word for word in named if word.name or word.seen[0].isalnum() and word.seen not in _EMPTY | _AUXILIARY]
    kept = [word for word in kept if word.seen not in ("often", "many", "times", "my", "most", "when", "how", "'s")]
    return " ".join(word.typed for word in kept), [word.name for word in kept if word.name]

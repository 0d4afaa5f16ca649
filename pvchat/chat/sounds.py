"""What is heard as rows of a timeline; when they meet a condition ("Ana says 'coffee'"); who says what.

`run.py` looks them up as it does what is seen, in a timeline that is `audible`. Rows "speaks" are stretches of speech,
their value the number of the voice, rows "says" single words, rows "language" say which they are of; of nobody (entity
"") where it isn't known whose they are. `of` says "unseen" where nobody in the picture speaks, "several" where more
than one mouth moves, "voice" where somebody is known by the voice alone. Somebody isn't said to be silent while it
isn't known who speaks.
"""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pvchat.chat.query import HEARD, And, Condition, Event, Has, Not, Or, Query, Whom, atoms, is_of
from pvchat.chat.spans import UNKNOWN, Span, Truth, merged, without
from pvchat.chat.timeline import Quote, Row, Timeline
from pvchat.schemas import LANGUAGES, Sound

UNSEEN = "unseen"  # what `of` says of a row whose speaker isn't in the picture
BY_VOICE, SEVERAL = "voice", "several"  # … that is known by the voice, not by a mouth; where several mouths move
_OWN, _ENOUGH_S = 0.8, 1.5  # share, and seconds, of a voice's speech that must come from one face's mouth to be hers
MUSIC = Has("music")
QUESTION = "?"  # what a word ends in with which somebody asks a question; as a phrase it asks for those
_PLURAL = 4  # letters from which a word may be a plural
_APART_S = 1e-3  # by which words that follow each other at once are kept apart
_PAUSE_S = 1.5  # between two stretches that are quoted as one
_ALIKE = 0.7  # difflib's ratio from which a word that was heard is an enrolled name: "Anna" for Ana [choice]


def rows_of_sound(sound: Sound, names: Mapping[int, str], known: Mapping[int, str] | None = None) -> Iterator[Row]:
    """What is heard, as rows: entities by the numbers of their tracks, enrolled names by those of the clip's voices."""
    voices = {**(known or {}), **_seen_speaking(sound, names)}
    for one in sound.utterances:
        if one.track is not None:
            who, of = names.get(one.track, ""), ""
        elif one.voice is not None and one.voice in voices and not one.overlap:  # a mixture of voices is like neither
            who, of = voices[one.voice], UNSEEN if one.unseen else BY_VOICE
        else:
            who, of = "", UNSEEN if one.unseen else SEVERAL if one.overlap else ""
        voice = "" if one.voice is None else str(one.voice + 1)
        yield Row(who, "speaks", voice, one.start_s, one.end_s, of=of)
        if one.language:
            yield Row(who, "language", LANGUAGES[one.language], one.start_s, one.end_s, of=of)
        yield from (Row(who, "says", word.text, word.start_s, word.end_s, of=of) for word in one.words)
    yield from (Row("", "music", "", start, end) for start, end in sound.music)


def _seen_speaking(sound: Sound, names: Mapping[int, str]) -> dict[int, str]:
    """Whose voice is whose, by the mouths that move with it: entities by the numbers of voices."""
    seconds: dict[int, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for one in sound.utterances:
        if one.voice is not None and one.track is not None:
            seconds[one.voice][names.get(one.track, "")] += one.seconds
    found = {voice: max(told, key=lambda who: told[who]) for voice, told in seconds.items()}
    enough = {voice: max(_ENOUGH_S, _OWN * sum(told.values())) for voice, told in seconds.items()}
    return {voice: name for voice, name in found.items() if name and seconds[voice][name] >= enough[voice]}


def as_seen(query: Query) -> Query | None:
    """What can be seen instead, where nothing is heard: who speaks seems to talk. None where nothing can."""
    asked = query.where == Has("speaks") and query.value == ""
    seen = replace(query, where=Has("deed", "talking"))
    return None if not asked else seen if query.versus is None else replace(seen, select="compare")


def as_heard(query: Query) -> Query:
    """What is heard instead of seen, where there is sound: whoever talks, or doesn't, is asked for by voices."""
    query, talks = _said_meanwhile(query), [heard_in(has) for has in atoms(query.where)]
    if talks and all(has is not None and is_of(has, *HEARD) for has in talks) and query.attribute is None:
        query = replace(query, where=heard_in(query.where))
    if (event := query.during.event) is None:
        return query
    event = replace(event, where=heard_in(event.where) or event.where)
    return replace(query, during=replace(query.during, event=event))


def _said_meanwhile(query: Query) -> Query:
    """What is said where something is seen as what is said at that time: "what does she say with no hat?"."""
    of_sight = any(has.attribute not in HEARD for has in atoms(query.where))
    if query.attribute != "says" or query.where is None or not of_sight or query.during.event is not None:
        return query
    during = replace(query.during, relation="while", event=Event(query.whom, query.where))
    return replace(query, where=None, during=during)


def heard_in(where: Condition | None) -> Condition | None:
    """A condition in which whoever talks is heard, not seen."""
    if where == Has("deed", "talking"):
        return Has("speaks")
    if isinstance(where, Not):
        return replace(where, part=heard_in(where.part) or where.part)
    if isinstance(where, And | Or):
        return replace(where, parts=tuple(filter(None, map(heard_in, where.parts))))
    return where


def stretches(spans: Sequence[Span], timeline: Timeline) -> list[Span]:
    """The stretches of speech that overlap with some spans, whole."""
    speech = [row.span for row in timeline.rows if row.attribute == "speaks"]
    return merged([one for one in speech if any(one[0] < end and start < one[1] for start, end in spans)])


def in_context(phrases: Sequence[Row], timeline: Timeline) -> list[str]:
    """The words of the stretches of speech, each whole, in which somebody says a phrase."""
    whose = {(row.entity, row.of) for row in phrases}
    own = quotes([row for row in timeline.rows if (row.entity, row.of) in whose])
    return [text for _, _, (a, b), text in own if any(a <= row.start_s <= b for row in phrases)]


def audible(timeline: Timeline) -> Timeline:
    """A timeline for what is heard: whoever speaks is there, seen or not, and anybody may be heard at any time."""
    heard = {row.entity for row in timeline.rows if row.attribute == "speaks"}
    entities = [replace(one, decision="present") if one.name in heard else one for one in timeline.entities]
    present = [Row(one.name, "present", "", *timeline.whole) for one in entities]
    rows = [row for row in timeline.rows if row.attribute != "present"]
    return replace(timeline, entities=tuple(entities), rows=(*present, *rows))


def truth_heard(has: Has, entity: str, timeline: Timeline) -> Truth:
    """When something is heard of somebody (""; of nobody in particular): while it is heard and nobody knows of whom,
    that isn't known of anybody.
    """
    if timeline.sound != "heard":
        return UNKNOWN
    mine, unnamed = (spans_heard(rows_heard(has, who, timeline), has) for who in (entity, ""))
    return Truth(merged(mine), without([timeline.whole], [*mine, *unnamed]))


def rows_heard(has: Has, entity: str, timeline: Timeline) -> list[Row]:
    """The rows that tell of a condition: words of a phrase in turn; stretches of a language, of music; else speech."""
    said, phrase = timeline.of(entity, "says"), has.value.split()
    if has == Has("speaks", UNSEEN):
        return [row for row in rows_heard(Has("speaks"), entity, timeline) if row.of == UNSEEN]
    if has.attribute in ("language", "music"):
        return [row for row in timeline.of(entity, has.attribute) if has.value in ("", row.value)]
    if has.attribute != "says" or not phrase:
        return sorted([*timeline.of(entity, "speaks"), *said], key=lambda row: (row.start_s, row.attribute == "says"))
    if has.value == QUESTION:
        return [row for row in said if row.value.endswith(QUESTION)]
    names, found = {singular(one.name) for one in timeline.entities if one.known}, list[Row]()
    for at in range(len(said) - len(phrase) + 1):
        place = said[at : at + len(phrase)]
        pairs = [(singular(word), singular(row.value)) for word, row in zip(phrase, place, strict=True)]
        alike = (  # a name is written as it sounds
            asked in names and asked[:1] == heard[:1] and difflib.SequenceMatcher(None, asked, heard).ratio() >= _ALIKE
            for asked, heard in pairs if asked != heard
        )  # fmt: skip
        if all(alike):
            found += place
    return found


def spans_heard(rows: Sequence[Row], has: Has) -> list[Span]:
    """When rows that tell of a condition hold; a phrase that is said twice in a row is heard twice."""
    if has.attribute == "says" and (count := len(has.value.split())):
        ends = [(rows[i].start_s, rows[i + count - 1].end_s) for i in range(0, len(rows), count)]
        return [(start, max(start + _APART_S, end - _APART_S)) for start, end in ends]  # a word may have no length
    return [row.span for row in rows if row.attribute == ("speaks" if has.attribute == "says" else has.attribute)]


def asked_of(query: Query) -> Has:
    """The one thing about sound that a query asks for: that somebody speaks, where nothing more is asked."""
    asked = (has for has in atoms(query.where) if has.attribute in HEARD)
    return next(asked, Has("language" if query.attribute == "language" else "speaks"))


def is_of_anybody(whom: Whom) -> bool:
    """Whether it is asked of whoever is heard, not of somebody in particular, nor of each."""
    return whom.quantifier not in ("all", "only") and whom == Whom(quantifier=whom.quantifier, besides=whom.besides)


def phrase_of(query: Query) -> str:
    """The words that are asked for; "" for any."""
    has = asked_of(query)
    return has.value if has.attribute == "says" else ""


def bare(word: str) -> str:
    """A word without case and punctuation."""
    return "".join(c for c in word.casefold() if c.isalnum())


def singular(word: str) -> str:
    """A bare word without the ending of a plural, so that who speaks of pills speaks of a pill."""
    plain = bare(word)
    return plain if len(plain) < _PLURAL else plain.removesuffix("s")


def quotes(rows: Sequence[Row]) -> list[Quote]:
    """Who says what when, in order; stretches of one speaker that follow each other closely are one."""
    words: dict[tuple[str, Span], list[str]] = defaultdict(list)
    speech = sorted((row for row in rows if row.attribute == "speaks"), key=lambda row: row.start_s)
    for row in rows:
        if row.attribute == "says":
            middle = (row.start_s + row.end_s) / 2
            inside = [one for one in speech if one.entity == row.entity and one.start_s <= middle <= one.end_s]
            if inside:
                words[row.entity, inside[0].span].append(row.value)
    told: list[Quote] = []
    for one in speech:
        text = " ".join(words[one.entity, one.span])
        goes_on = told and told[-1][:2] == (one.entity, one.of) and one.start_s - told[-1][2][1] < _PAUSE_S
        if text and goes_on:
            who, of, (start, _), before = told.pop()
            told.append((who, of, (start, one.end_s), f"{before} {text}"))
        elif text:
            told.append((one.entity, one.of, one.span, text))
    return told

"""Queries about what is heard, looked up in a `Timeline`; and the rows of a `Sound` that they are looked up in.

Rows "speaks" are stretches of speech, their value the number of the voice, rows "says" single words, rows "language"
say which they are of; of nobody (entity "") where it isn't known whose they are. `of` says "unseen" where nobody in the
picture speaks, "several" where more than one mouth moves, "voice" where somebody is known by the voice alone. Somebody
isn't said to be silent while it isn't known who speaks.
"""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from pvchat.chat.conditions import part_of, subjects
from pvchat.chat.finding import Finding, Found
from pvchat.chat.query import Attribute, Has, Query, Rank, atoms
from pvchat.chat.spans import Span, Verdict, common, merged, seconds_in
from pvchat.chat.timeline import Row, Timeline
from pvchat.schemas import LANGUAGES, Sound, Utterance

UNSEEN = "unseen"  # what `of` says of a row whose speaker isn't in the picture
BY_VOICE, SEVERAL = "voice", "several"  # … that is known by the voice, not by a mouth; where several mouths move
_OWN, _ENOUGH_S = 0.8, 1.5  # share, and seconds, of a voice's speech that must come from one face's mouth to be hers
MUSIC = Has("music")
_PAUSE_S = 1.5  # between two stretches that are quoted as one
Quote = tuple[str, str, Span, str]  # who says it ("" where nobody knows), `Row.of`, from when to when, the words
_ALIKE = 0.7  # difflib's ratio from which a word that was heard is an enrolled name: "Anna" for Ana [choice]


def rows_of_sound(sound: Sound, names: Mapping[int, str], known: Mapping[int, str] | None = None) -> Iterator[Row]:
    """What is heard, as rows.

    Args:
        sound: of the clip.
        names: entities by the numbers of their tracks.
        known: enrolled names by the numbers of the clip's voices.
    """
    voices = {**(known or {}), **_seen_speaking(sound, names)}
    for one in sound.utterances:
        who, of = _speaker(one, names, voices)
        voice = "" if one.voice is None else str(one.voice + 1)
        yield Row(who, "speaks", voice, one.start_s, one.end_s, of=of)
        if one.language:
            yield Row(who, "language", LANGUAGES[one.language], one.start_s, one.end_s, of=of)
        yield from (Row(who, "says", word.text, word.start_s, word.end_s, of=of) for word in one.words)
    yield from (Row("", "music", "", start, end) for start, end in sound.music)


def _speaker(one: Utterance, names: Mapping[int, str], voices: Mapping[int, str]) -> tuple[str, str]:
    """Who speaks in a stretch, and how that is known: by the mouth, else by the voice."""
    if one.track is not None:
        return names.get(one.track, ""), ""
    if one.voice is not None and one.voice in voices and not one.overlap:  # a mixture of voices is like neither
        return voices[one.voice], UNSEEN if one.unseen else BY_VOICE
    return "", UNSEEN if one.unseen else SEVERAL if one.overlap else ""


def _seen_speaking(sound: Sound, names: Mapping[int, str]) -> dict[int, str]:
    """Whose voice is whose, by the mouths that move with it: entities by the numbers of voices."""
    seconds: dict[int, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for one in sound.utterances:
        if one.voice is not None and one.track is not None:
            seconds[one.voice][names.get(one.track, "")] += one.seconds
    found = {}
    for voice, told in seconds.items():
        name = max(told, key=lambda who: told[who])
        if name and told[name] >= max(_ENOUGH_S, _OWN * sum(told.values())):
            found[voice] = name
    return found


def as_seen(query: Query) -> Query | None:
    """What can be seen instead, where nothing is heard: who speaks seems to talk. None where nothing can."""
    asked = query.where == Has("speaks") and query.value == ""
    seen = replace(query, where=Has("deed", "talking"))
    return None if not asked else seen if query.versus is None else replace(seen, select="compare")


def hear(query: Query, timeline: Timeline) -> Finding:
    """What is found for a query about what is heard, in a clip that was listened to.

    Of a condition "says" with several words they must follow each other.
    """
    part = part_of(query.during, timeline)
    if not part.spans:
        return Finding(query, "no" if query.select == "exists" else None, missing=part.missing, nothing=True)
    if query.where == MUSIC:
        return _music(query, part.spans, timeline)
    if kind_of(query) == "language" and not any(row.attribute == "language" for row in timeline.rows):
        return Finding(replace(query, select="refuse", refusal="sound", value="language"))
    anybody = is_of_anybody(query)
    who = subjects(query.whom, None, part.spans, timeline)
    theirs = () if query.versus is None else subjects(query.versus, None, part.spans, timeline).sure
    missing = [one for one in who.missing if not timeline.of(one.name, "speaks")]  # others are heard, if not seen
    here = [one.name for one in timeline.entities if one.decision == "present" or timeline.of(one.name, "speaks")]
    entities = here if anybody else [*who.sure, *(one.name for one in who.missing if one not in missing)]
    entities = [name for name in dict.fromkeys((*entities, *theirs)) if name not in query.whom.besides]
    told = [_of_one(name, query, part.spans, timeline) for name in entities]
    nobody = _of_one("", query, part.spans, timeline)
    people = tuple(one for one in told if one.spans)
    silent = tuple(one for one in told if not one.spans)
    rank = query.rank if query.select == "who" else None
    finding = Finding(
        query, people=_ranked(people, rank), spans=tuple(merged([s for one in people for s in one.spans])),
        rows=nobody.rows, missing=tuple(dict.fromkeys((*missing, *part.missing))),
    )  # fmt: skip
    finding = replace(finding, open=silent) if nobody.rows else replace(finding, against=silent)
    if query.select == "exists":
        return replace(finding, verdict=_verdict(finding, anybody))
    if query.select == "count":
        heard = [row for one in (*people, nobody) for row in one.rows if row.attribute == "speaks"]
        voices = {row.value for row in heard if row.value}
        return replace(finding, number=float(len(voices)), at_least=any(not row.value for row in heard))
    if query.select in ("how_long", "how_often"):
        counted = [*people, *([nobody] if anybody else [])]
        total = sum(one.number or 0.0 for one in counted)
        return replace(finding, number=total, at_least=not anybody and bool(nobody.rows))
    return finding


def is_of_anybody(query: Query) -> bool:
    """Whether it is asked of whoever is heard, not of somebody in particular."""
    whom = query.whom
    return not (whom.names or whom.unknown or whom.such is not None or whom.nth)


def is_of_all(query: Query, names: Collection[str]) -> bool:
    """Whether these who are heard are enough: all of those who are named, where it is asked of them together."""
    return query.whom.quantifier not in ("both", "all") or {*query.whom.names} <= {*names}


def phrase_of(query: Query) -> str:
    """The words that are asked for; "" for any."""
    return next((has.value for has in atoms(query.where) if has.attribute == "says"), "")


def kind_of(query: Query) -> Attribute:
    """Which rows answer, where no words are asked for: stretches of speech, or of a language."""
    asked = query.attribute == "language" or any(has.attribute == "language" for has in atoms(query.where))
    return "language" if asked else "speaks"


def language_of(query: Query) -> str:
    """The language that is asked for; "" for any."""
    return next((has.value for has in atoms(query.where) if has.attribute == "language"), "")


def spans_of(rows: Sequence[Row], query: Query) -> list[Span]:
    """When rows that answer a query hold: stretches of speech, or the words of a phrase, together as they follow."""
    count = len(phrase_of(query).split())
    if not count:
        return [row.span for row in rows if row.attribute == kind_of(query)]
    return [(rows[i].start_s, rows[i + count - 1].end_s) for i in range(0, len(rows), count)]


def _music(query: Query, part: Sequence[Span], timeline: Timeline) -> Finding:
    """When, how long and whether music plays."""
    rows = tuple(timeline.of("", "music"))
    spans = common([row.span for row in rows], part)
    number = float(len(spans)) if query.select == "how_often" else seconds_in(spans)
    verdict: Verdict = "yes" if spans else "no"
    return Finding(query, verdict if query.select == "exists" else None, spans=tuple(spans), rows=rows, number=number)


def _verdict(finding: Finding, anybody: bool) -> Verdict:
    """Yes or no; of somebody it isn't known where somebody speaks and nobody knows who."""
    if is_of_all(finding.query, finding.names) if finding.people else anybody and finding.rows:
        return "yes"
    if finding.rows:
        return "unknown"
    unsure = any(one.why == "unsure" for one in finding.missing)
    return "unsure" if unsure else "no"


def _of_one(entity: str, query: Query, part: Sequence[Span], timeline: Timeline) -> Found:
    """What one of them says, or the rows of nobody (""): the words of each stretch, or those that were asked for."""
    kind, language = kind_of(query), language_of(query)
    speech = [row for row in timeline.of(entity, kind) if common([row.span], part) and language in ("", row.value)]
    words = [row for row in timeline.of(entity, "says") if common([(row.start_s, row.end_s + 0.01)], part)]
    if phrase := phrase_of(query):
        hits = _matches(words, phrase.split(), timeline)
        spans = tuple((hit[0].start_s, hit[-1].end_s) for hit in hits)
        return Found(entity, "yes" if hits else "no", spans, tuple(row for hit in hits for row in hit), len(hits))
    spans = tuple(row.span for row in speech)
    number = len(spans) if query.select == "how_often" else seconds_in(common(spans, part))
    rows = sorted([*speech, *(words if kind == "speaks" else ())], key=_order)
    return Found(entity, "yes" if spans else "no", spans, tuple(rows), number)


def _order(row: Row) -> tuple[float, bool]:
    return row.start_s, row.attribute == "says"


def _matches(words: Sequence[Row], phrase: Sequence[str], timeline: Timeline) -> list[Sequence[Row]]:
    """The places where the words of a phrase follow each other."""
    names = {bare(one.name) for one in timeline.entities if one.known}
    found = []
    for at in range(len(words) - len(phrase) + 1):
        place = words[at : at + len(phrase)]
        if all(_is_same(bare(word), bare(row.value), names) for word, row in zip(phrase, place, strict=True)):
            found.append(place)
    return found


def bare(word: str) -> str:
    """A word without case and punctuation."""
    return "".join(c for c in word.casefold() if c.isalnum())


def _is_same(asked: str, heard: str, names: set[str]) -> bool:
    """Whether a word was heard; a name is written as it sounds."""
    if asked == heard or asked not in names or asked[:1] != heard[:1]:
        return asked == heard
    return difflib.SequenceMatcher(None, asked, heard).ratio() >= _ALIKE


def _ranked(people: Sequence[Found], rank: Rank | None) -> tuple[Found, ...]:
    """Those who speak in the order that is asked for; of the second, or the last, that one alone."""
    if rank is None:
        return tuple(people)
    first = rank.by == "time"
    ordered = sorted(people, key=lambda one: one.spans[0][0] if first else -seconds_in(one.spans))
    return tuple(ordered if rank.k == 1 else ordered[rank.k - 1 :][:1] if rank.k > 0 else ordered[rank.k :][:1])


def quotes(finding: Finding) -> list[Quote]:
    """Who says what when, in order; stretches of one speaker that follow each other closely are one."""
    rows = [row for one in finding.people for row in one.rows] + list(finding.rows)
    words: dict[tuple[str, Span], list[str]] = defaultdict(list)
    speech = sorted((row for row in rows if row.attribute == "speaks"), key=_order)
    for row in rows:
        if row.attribute == "says":
            middle = (row.start_s + row.end_s) / 2
            inside = [one for one in speech if one.entity == row.entity and one.start_s <= middle <= one.end_s]
            if inside:
                words[row.entity, inside[0].span].append(row.value)
    told: list[Quote] = []
    for one in speech:
        text = " ".join(words[one.entity, one.span])
        if not text:
            continue
        if told and told[-1][:2] == (one.entity, one.of) and one.start_s - told[-1][2][1] < _PAUSE_S:
            who, of, (start, _), before = told.pop()
            told.append((who, of, (start, one.end_s), f"{before} {text}"))
        else:
            told.append((one.entity, one.of, one.span, text))
    return told

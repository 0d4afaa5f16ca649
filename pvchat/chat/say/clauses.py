"""Conditions, people and times as clauses: "is sitting and wearing glasses", "the man in red", "while Ben is away"; who
is there, who isn't, and why somebody wasn't recognised for sure.

In: parts of a `Query`, what was found of somebody, a `Timeline`. Out: parts of sentences. Whoever is absent, or unsure,
is never described.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pvchat.chat import english
from pvchat.chat import query as queries
from pvchat.chat.english import STRANGER, be, clock, join, lasting, number, shortened, span_told, table, wording, words
from pvchat.chat.query import EVERYBODY, MOVES, PRESENT, And, Condition, During, Event, Has, Not, Or, Query, Whom, atoms
from pvchat.chat.reader.words import participle
from pvchat.chat.sounds import MUSIC, QUESTION, asked_of, phrase_of
from pvchat.chat.spans import WHOLE, Span, common, seconds_in
from pvchat.chat.timeline import LIKELY, Entity, Finding, Found, Missing, Row, Timeline, is_of_scene
from pvchat.schemas import Decision, Why

BALD, DARK = Has("hair", "bald"), Has("light", "dark")
KNOWN_SAID = {True: " I know", False: " I don't know", None: ""}  # by `Whom.known`, after a noun
_AUX = {"be": ("is", "are"), "have": ("has", "have"), "do": ("does", "do")}  # of one, of several
_INSTANT_S = 1.0  # a part that is shorter has no times

FEW_SPANS, _MOST_SPANS = 3, 8  # that are told one by one in passing, or where times are asked for
_MOST_ABSENT = 12  # people who aren't there told by name …
_MOST_UNSURE = 3  # … and of those who may be, the likeliest; of 62 enrolled a dozen may resemble somebody in a crowd


def clause(condition: Condition | None, count: int = 1, hedge: str = "") -> str:
    """Such as "is sitting and wearing glasses"; of two, hedged by "probably", "are probably not next to Ben"."""
    aux, text = _complement(_pushed(condition or PRESENT), count)
    text = text.replace("not seen with", "seen without") if hedge.endswith("never") else text
    verb = _AUX[aux][count != 1]
    return _words(verb, hedge, text) if aux == "be" else _words(hedge, verb, text)


def does(query: Query, several: bool = False) -> str:
    """What is asked of one speaker, or of several: "speaks", "say “coffee”"."""
    has, ending = asked_of(query), "" if several else "s"
    if has == MUSIC:
        return f"play{ending}"
    if phrase_of(query) == QUESTION:
        return f"ask{ending} a question"
    language = has.value if has.attribute == "language" else ""
    return f"say{ending} “{has.value}”" if phrase_of(query) else f"speak{ending} {language}".rstrip()


def _pushed(condition: Condition, deny: bool = False) -> Condition:
    """The same with `Not` before single conditions only: neither of two is not the one and not the other."""
    if isinstance(condition, Not):
        return _pushed(condition.part, not deny)
    if isinstance(condition, Has | Event) or deny and isinstance(condition, And) and _in_place(condition, 1):
        return Not(condition) if deny else condition
    parts = tuple(_pushed(part, deny) for part in condition.parts)
    return And(parts) if isinstance(condition, And) != deny else Or(parts)


def _complement(condition: Condition, count: int) -> tuple[str, str]:
    """The auxiliary verb of a clause, and what comes after it."""
    if isinstance(condition, Has):
        return complement(condition, count)
    if isinstance(condition, Event):
        return "be", f"seen while {happens_said(condition)}"
    if condition == Not(PRESENT):
        return "be", "away"
    if isinstance(condition, Not):
        part = condition.part
        aux, text = complement(part, count, "any") if isinstance(part, Has) else _complement(part, count)
        text = text.replace("somebody", "anybody")
        return ("do", f"not have {text}") if aux == "have" else ("be", f"not {text}")
    if isinstance(condition, And) and (placed := _in_place(condition, count)):
        return placed
    parts = [_complement(part, count) for part in condition.parts]
    if isinstance(condition, Or) and all(own == "be" and text.startswith("not ") for own, text in parts):
        return "be", f"not {'both ' * (len(parts) == 2)}{join([text.removeprefix('not ') for _, text in parts])}"
    aux, worn = parts[0][0], all(text.startswith("wearing ") for _, text in parts)
    texts = [text if own == aux != "do" else f"{_AUX[own][count != 1]} {text}" for own, text in parts[1:]]
    texts = [text.removeprefix("wearing ") for text in texts] if worn else texts  # "wearing glasses and a hat"
    return aux, join([parts[0][1], *texts], "and" if isinstance(condition, And) else "or")


def complement(has: Has, count: int = 1, some: str = "some") -> tuple[str, str]:
    """Such as ("be", "wearing a red jacket") or ("have", "dark hair"); with `some` "any" as it is denied."""
    kind, value = has.attribute, has.value
    if kind == "hair" and value != "bald":
        return "have", hair_said(value, has.colour)
    if kind in table()["relation"]:
        how = wording("relation", value or kind)
        if has.of is None and count > 1 and kind in ("with", "beside"):  # of people who are so with each other
            return "be", "seen together" if kind == "with" else f"{how} each other"
        return "be", f"{how} {_spoken_of(has.of) if has.of else f'{some}body'}"
    if kind == "deed":
        return "be", _deed_said(has, some)
    if kind == "gender" and count > 1:
        return "be", table()["plural"].get(value, value)
    to, spot = _way(value)
    fills = {"a": with_article(value), "worn": worn_said(value, has.colour), "at": place_said(value, "at"), "to": to}
    fills |= {"in": place_said(value), "side": wording("side", value), "shot": wording("shot", value) or value}
    said = wording("held" if value else "held_any", "dark" if has == DARK else kind, value=value, spot=spot,
                   some=f"{some}thing {has.colour}".rstrip(), **fills)  # fmt: skip
    return "be", said


def _deed_said(has: Has, some: str) -> str:
    """Such as "waving at Ben"; "pours a cup" is "pouring a cup"."""
    said = has.value.split(" ") if has.value else ["doing", f"{some}thing"]
    known = {told: doing for doing, told in table()["verb"].items()}
    did = said[0].endswith("s") or said[0].endswith("ed") and said[1:] and said[1] in words("determiners")
    said[0] = known.get(said[0]) or (participle(said[0]) if did else said[0])  # "opened his mouth"
    to = wording("towards", said[0])
    if has.of is None:
        said = said[:-1] if to and said[-1] == to else said  # "looking at", whom isn't known
    else:
        said += [*[to] * (to not in ("", said[-1])), _spoken_of(has.of)]
    return " ".join(said)


def _spoken_of(whom: Whom) -> str:
    """To whom somebody is in a relation; a stranger is who was spoken of before: "nobody is helping that person"."""
    return "that person" if len(whom.names) == 1 and whom.names[0].startswith("#") else whom_said(whom)


def worn_said(value: str, colour: str = "") -> str:
    """Such as "a red jacket" or "glasses"; what has an article of its own keeps it."""
    return with_article(f"{colour} {value}".strip() if value.split(" ")[0] not in words("determiners") else value)


def hair_said(value: str, colour: str = "") -> str:
    """Such as "long dark hair" or "a beard"."""
    head, _, last = (value or "hair").rpartition(" ")
    said = " ".join(word for word in (head, "" if colour in head.split(" ") else colour, last) if word)
    said += " hair" * last.endswith(("ed", "y"))  # "braided"
    return said if "hair" in said.split(" ") or last == "stubble" else with_article(said)


def place_said(place: str, how: str = "") -> str:
    """Such as "in an office", "at a party" or "on a stage"; what has a preposition keeps it."""
    said = place.split(" ")
    if said[0] in words("prepositions"):
        return place
    on = said[-1] in words("on") or place.endswith("beach front")
    return f"{how or ('at' if said[-1] in words('at') else 'on' if on else 'in')} {with_article(place)}"


def with_article(noun: str) -> str:
    """Such as "a cup" and "an umbrella"; what has an article, or is several, stays as it is."""
    own = not noun or noun.split(" ")[0] in words("determiners") or noun.endswith(words("several"))
    return noun if own else english.indefinite(noun)


def yours(name: str) -> str:
    """A name that isn't enrolled, as it is said to whoever asked: "my son" is hers or his."""
    first, space, rest = name.partition(" ")
    return f"your {rest}" if space and first.lower() in ("my", "our") else name


def whom_said(whom: Whom) -> str:
    """A set of people as a noun: "both Ana and Ben", "neither Ana nor Ben", "the man with glasses", "nobody I know"."""
    if whom.names or whom.unknown:
        names = people_said(whom.names) or [yours(name) for name in whom.unknown]
        if whom.quantifier == "none" and names[1:]:
            return f"none of {join(names)}" if names[2:] else f"neither {join(names, 'nor')}"
        lead = f"{whom.quantifier} " if whom.quantifier in ("both", "only") and whom.names else ""
        return f"{lead}{join(names, 'or' if whom.quantifier == 'either' else 'and')}"
    if whom.nth:
        kind = f" {noun(whom.such)}" if whom.such is not None else ""
        return f"the {english.ordinal(whom.nth)}{kind} {wording('nth', whom.nth_by)}".rstrip()
    known = KNOWN_SAID[whom.known]
    if whom.such is not None:
        other = "other " if whom.besides and whom.quantifier == "none" else ""
        return f"{ {'none': 'no', 'all': 'every'}.get(whom.quantifier, 'the') } {other}{noun(whom.such)}{known}".strip()
    other = " else" if whom.besides else ""
    return f"{ {'none': 'nobody', 'all': 'everybody'}.get(whom.quantifier, 'somebody') }{other}{known}".strip()


def rank_said(rank: queries.Rank, heard: bool = False) -> str:
    """Such as "first", "last", "second", "longest", "second longest"; of what is heard "most"."""
    superlative: str = table()["superlative"]["heard" if heard and rank.by == "long" else rank.by][rank.k < 0]
    if abs(rank.k) == 1:
        return superlative
    return english.ordinal(rank.k) if rank.by == "time" else f"{english.ordinal(abs(rank.k))} {superlative}"


def noun(such: Condition | None, count: int = 1) -> str:
    """Those of whom something holds as a noun: "man with glasses", "people", "woman next to Ben"."""
    kind, after, parts = "", list[str](), queries.together(such)
    for part in parts:
        if not isinstance(part, Has):
            after.append(f"who {clause(part)}")
        elif part.attribute in ("gender", "role"):
            kind = kind or part.value
        elif part.attribute == "worn":
            how = "with" if part.value in words("carried") else "in"
            after.append(f"{how} {worn_said(part.value, part.colour) if part.value else part.colour}")
        elif part != BALD:
            aux, text = complement(part)
            after.append(f"with {text}" if aux == "have" else text)
    kind = kind or "person"
    return " ".join([*["bald"] * (BALD in parts), english.plural(kind, count), *after])


def people_said(people: Iterable[str | Found], one_of: str = "") -> list[str]:
    """Names, then those without one: "Ana" and "two people I don't know", or `one_of` "one of " them."""
    entities = dict.fromkeys(one if isinstance(one, str) else one.entity for one in people)
    named = [one for one in entities if not one.startswith("#")]
    more = len(entities) - len(named)
    others = STRANGER if more == 1 else f"{one_of}{english.so_many(more, 'person')} I don't know"
    return [*named, *[others] * bool(more)]


def called(entity: str) -> str:
    """One person's name, or that nobody knows it."""
    return STRANGER if entity.startswith("#") else entity


def event_said(during: During) -> str:
    """Such as "while Ben is away", "before the second time that Ana sits"."""
    event, relation, nth = during.event, during.relation, during.nth
    if event is None or not relation:
        return ""
    moves = event.where == Not(PRESENT) or relation != "after" and event.where == PRESENT
    moves = moves and (not nth or relation == "since") and relation != "while"
    happens = happens_said(event, moves=moves)
    if not nth:
        return f"{'when' if relation == 'while' and queries.is_of(event.where, *MOVES) else relation} {happens}"
    return f"{relation} the {english.ordinal(nth)} time that {happens}".removeprefix("while ")


def _way(place: str) -> tuple[str, str]:
    """How one comes to a place, or to what somebody is at, and what it is: ("into a kitchen", "a kitchen")."""
    how, _, spot = place_said(place).partition(" ")
    return f"{'' if how in ('at', 'by') else how}to {spot}", spot


def happens_said(event: Event, hedge: str = "", moves: bool = False) -> str:
    """Of whom an event tells, and what: "Ben is away", "it is dark"; if it `moves`, "Ben leaves"."""
    where, names = event.where, event.whom.names
    count = len(names) if names and event.whom.quantifier not in ("either", "none") else 1
    who, scene, s = whom_said(event.whom), event.whom == EVERYBODY, "s" * (count == 1)
    if scene and queries.is_of(where, "light"):
        return _words("it is", hedge, where.value)
    if scene and (things := things_said(where)):
        return _words(things, "is", hedge, "gone" if isinstance(where, Not) else "there")
    if scene and (each := queries.events_in(where)):
        return join([happens_said(one, hedge) for one in each])
    if where == MUSIC:
        return _words("music", hedge, "plays")
    if moves and where in (PRESENT, Not(PRESENT)):
        return f"{who} {'come' if where == PRESENT else 'leave'}{s}"
    if queries.is_of(where, *MOVES):
        to, spot = _way(where.value) if where.value else ("", "")
        return _words(who, hedge, *((f"come{s}", to) if where.attribute == "enters" else (f"leave{s}", spot)))
    return f"{who} {clause(where, count, hedge)}"


def _words(*parts: str) -> str:
    return " ".join(filter(None, parts))


def things_said(condition: Condition | None) -> str:
    """The things that a condition asks for, and for nothing else: "the dog"; else nothing."""
    asked = list(atoms(condition))
    things = [f"the {wording('thing', has.value) or has.value}" for has in asked if has.attribute == "thing"]
    return join(things) if len(things) == len(asked) else ""


def lead(finding: Finding, likely: bool = False) -> str:
    """The yes or no before an answer, which may be only `likely`; none where it could be taken either way ("isn't she
    there?").
    """
    ways = {"yes": "Probably yes: ", "no": "Probably not: "} if likely else {"yes": "Yes, ", "no": "No, "}
    said, where = ways.get(finding.verdict or "", ""), finding.query.where
    at_times = isinstance(where, Not) and finding.verdict == "no" and any(one.spans for one in finding.against)
    either = where == Not(PRESENT) or at_times and finding.query.rank is None
    return "" if finding.query.select == "exists" and either else said


def asks_scene(query: Query) -> bool:
    """Whether a question's conditions are about the scene, and about nobody in it."""
    return query.whom == EVERYBODY and query.value != "people" and is_of_scene(query.where)


def event_time(found: Found, finding: Finding, timeline: Timeline) -> str:
    """Such as "while Ben is away, from 0:10 to 0:15"; empty where no event is asked about."""
    query, during = finding.query, finding.query.during
    taken_off = during.event is not None and query.where == And((Not(during.event.where),))  # after it was on
    hers = during.event == Event(Whom((found.entity,))) and not during.nth  # while she is there
    event = "" if taken_off or hers and during.relation == "while" else event_said(during)
    spans = common(found.spans, finding.during) or finding.during or found.spans
    if during.event is not None and during.relation == "while":
        spans = moments(during.event.where, spans)  # "when Ben comes, at 0:10"
    return ", ".join(filter(None, (event, in_passing(moments(query.where, spans), timeline)))) if event else ""


def asks_always_there(query: Query) -> bool:
    """Whether it is asked of all the time that somebody is in a place, or of none: "does she never sit?"."""
    where = query.where
    return query.throughout and (isinstance(where, Not) or isinstance(where, And) and bool(queries.by_place(where)[0]))


def moments(where: Condition | None, spans: Sequence[Span]) -> list[Span]:
    """Spans of coming, or going, as moments: when it begins, or ends; others as they are."""
    ends = queries.is_of(where, "leaves")
    return [(span[ends], span[ends]) for span in spans] if queries.is_of(where, *MOVES) else list(spans)


def time_of(found: Found, finding: Finding, timeline: Timeline) -> str:
    """Such as " while Ben is away, from 0:10 to 0:15", " for about 20 seconds" or " the whole time"; empty for all the
    time she is seen, unless times are asked for.
    """
    query, spans, event = finding.query, found.spans, event_said(finding.query.during)
    if query.select in queries.TIMES and not timeline.still and spans:
        return f" {event}{', ' * bool(event)}{time_asked(moments(query.where, spans), finding, timeline)}"
    after = f" {event}".rstrip()
    if query.select in queries.TIMES:
        return f"{after}, but I can't tell {wording('asked_for', query.select)}"
    if query.throughout and found.verdict == "yes":
        return "" if asks_always_there(query) else f" the whole time{after}"
    if query.throughout and found.verdict == "no":
        return f" {in_passing(spans, timeline)}"
    if query.number is not None and query.rank is None and query.select in ("exists", "who"):
        return f" for about {lasting(seconds_in(spans))}"
    if query.rank is not None and query.rank.by == "often" and spans:
        return f" {english.times_said(len(spans))}, {in_passing(spans, timeline)}"
    if event := event_time(found, finding, timeline):
        return f" {event}"
    if found.entity.startswith("#") or not spans or timeline.still:
        return ""
    seen = timeline.seen(found.entity)
    for has in atoms(query.where):  # beside somebody is who is so while both are seen
        for name in has.of.names if has.of is not None and has.attribute != "with" else ():
            seen = common(seen, timeline.seen(name)) if timeline.seen(name) else seen
    whole = seconds_in(spans) >= WHOLE * seconds_in(seen) and not queries.is_of(query.where, *MOVES)
    return "" if whole else f" {in_passing(moments(query.where, spans), timeline)}"


def time_asked(spans: Sequence[Span], finding: Finding, timeline: Timeline) -> str:
    """Spans, with how long or how often that is where it is asked: "for about 5 seconds, from 0:05 to 0:10"."""
    query, length, seconds = finding.query, timeline.end_s - timeline.start_s, seconds_in(spans)
    when = f"{'the whole time, ' * (seconds >= WHOLE * length)}{each_time(spans)}"
    if query.select == "how_often":
        return f"{english.times_said(len(spans))}, {when}"
    if query.select != "how_long":
        return when
    percent = 100 * min(1.0, seconds / length)
    percent = round(percent) if percent < 10 else 5 * round(percent / 5)  # spans are as fine as the samples
    share = f", {percent}% of this video" * (query.value == "share")
    return f"for {'at least' if finding.at_least else 'about'} {lasting(seconds)}{share}, {when}"


def each_time(spans: Sequence[Span]) -> str:
    """Spans one by one; of very many the first, and until when the others are."""
    told = list(dict.fromkeys(span_told(*span) for span in spans))
    return shortened(told, _MOST_SPANS, f"more times until {clock(spans[-1][1])}")


def _in_place(condition: And, count: int) -> tuple[str, str] | None:
    """What somebody does, wears or has somewhere: "sitting on a sofa in a kitchen"; None where more is said."""
    parts = [part for part in condition.parts if isinstance(part, Has)]
    spots = [[part for part in parts if part.attribute == kind] for kind in ("near", *queries.PLACES)]
    rest = [part for part in parts if part.attribute not in ("near", *queries.PLACES)]
    if len(parts) < len(condition.parts) or not rest or not any(spots) or any(len(found) > 1 for found in spots):
        return None
    aux, text = _complement(queries.conjunction(rest), count)
    return aux, " ".join([text, *(complement(has)[1] for found in spots for has in found)])


def held_by(rows: Sequence[Row]) -> str:
    """What rows hold, as one clause: "is wearing a red jacket and glasses"; nothing of none."""
    hedge = english.HEDGE * all(row.probability < LIKELY for row in rows)
    return clause(queries.conjunction(list(dict.fromkeys(map(condition_of, rows)))), hedge=hedge) if rows else ""


def condition_of(row: Row) -> Has:
    """The condition that a row fulfils."""
    of = Whom((called(row.of),)) if row.of else None
    return Has(row.attribute, row.value, row.colour, of)  # type: ignore[arg-type]


def row_said(row: Row) -> str:
    """What a row holds, as a noun or a participle: "wearing a red jacket", "sitting", "a cup on the left"."""
    if row.attribute != "thing":
        return complement(condition_of(row))[1]
    return f"{with_article(wording('thing', row.value) or row.value)} {wording('side', row.of)}".strip()


def decided(people: Sequence[Entity], decision: Decision) -> list[str]:
    """The names of those of whom this was decided, in order."""
    return [one.name for one in people if one.decision == decision]


def not_here(names: Sequence[str], surely: bool = True, either: bool = False) -> str:
    """That some people aren't there, as a clause; of many the first ones by name; `either` of two: neither."""
    names = [called(name) for name in names]
    if either and len(names) == 2:
        return f"neither {join(names, 'nor')} is in this video{', as far as I can see' * (not surely)}"
    named = shortened(names, _MOST_ABSENT, "others whom I know")
    return f"{named} {be(names)} not in this video{', as far as I can see' * (not surely)}"


def here_but(names: Sequence[str], what: str) -> str:
    """That people are there and something can't be told of them, as a sentence."""
    return f"{join(names)} {be(names)} in this video, but I can't {what}."


def existence(person: Entity, timeline: Timeline, polar: bool = True) -> str:
    """Whether somebody is there: with side and times, or why that isn't sure; `polar` with yes or no, which who asks
    "who is he?" doesn't want.
    """
    doubtful, no = timeline.doubtful(person.name), "No, " * polar
    yes = ("Perhaps: " if person.like else "Probably yes: " if doubtful else "Yes, ") * polar
    name = called(person.name)
    name = name if polar or name == person.name else english.upper(name)
    times = [f"at {clock(row.start_s)}" for row in timeline.of(person.name, "speaks")]
    heard = f"I hear {name} {shortened(times, FEW_SPANS, 'more times')}" if times else ""
    missing = timeline.missing(person.name)
    if missing is not None and missing.why == "absent":
        hard = join([wording("doubt", one) for one in missing.hard])
        doubt = f": whoever is most like {name} is {hard}" * bool(hard)
        return f"{heard}, but don't see {name}." if heard else f"{no}{not_here([name], missing.surely)}{doubt}."
    if person.decision == "unsure":
        reason = "" if person.why is None else because(name, "unsure", person.why, timeline.still)
        also = f" {heard}." if heard else ""
        return f"I'm not sure whether {name} is in this video. {reason}".rstrip() + also
    where, when = side_said(person.name, timeline, True), in_passing(timeline.seen(person.name), timeline)
    seen = f"{name} is {f'{english.HEDGE} ' * (doubtful and not polar)}in this video"
    return f"{yes}{', '.join(filter(None, (seen, where, when)))}."


def who_is_there(timeline: Timeline, besides: Sequence[str] = ()) -> str:
    """Who is there, besides some: everyone known, whoever is unsure, and how many others."""
    same, beside = timeline.same_as(besides), [name for name in besides if timeline.seen(name)]
    asked = [one for one in timeline.enrolled if one.name not in same]
    present = decided(asked, "present")
    lead, too = (f"besides {join(people_said(beside))}, ", " too") if beside and present else ("", "")
    strangers = timeline.strangers - sum(name.startswith("#") for name in besides)
    first = f"{lead}{join(hedged(present, timeline))} {be(present)} in this video{too}."
    first = english.upper(first) if present else nobody_known(besides, strangers > 0)
    doubles = [one.name for one in timeline.entities if one.decision == "present" and timeline.doubtful(one.like)]
    unsure = may_be([one for one in asked if one.name not in doubles])
    more = (*doubles_said(present, timeline), *unsure, unknown_people(strangers, bool(present)))
    return " ".join(filter(None, (first, *more)))


def subject(name: str, timeline: Timeline, asked: Sequence[str] = ()) -> str:
    """Somebody's name; "somebody who may be Ben" of a doubtful name that nobody `asked` about."""
    return f"somebody who may be {name}" if timeline.doubtful(name) and name not in asked else called(name)


def hedged(names: Sequence[str], timeline: Timeline, asked: Sequence[str] = ()) -> list[str]:
    """Names, then those that nobody `asked` about and that may be wrong: "Ana", "perhaps Ben and Cleo".

    Of whom somebody asks by name is there far more often than the others at the same probability: hence no "probably".
    """
    doubtful = [name for name in names if timeline.doubtful(name) and name not in asked]
    return [*(name for name in names if name not in doubtful), *[f"perhaps {join(doubtful)}"] * bool(doubtful)]


def doubles_said(names: Sequence[str], timeline: Timeline) -> list[str]:
    """Which other names the sightings of people whose names are doubtful may bear, as sentences."""
    sentences, seen = list[str](), [one for one in timeline.entities if one.decision == "present"]
    for one in (one for one in seen if one.name in names and timeline.doubtful(one.name)):
        others = shortened([other.name for other in seen if other.like == one.name], _MOST_UNSURE, word="or")
        sentences += [f"Whom I take for {one.name} may be {others}."] * bool(others)
        sentences += [f"This is likelier {one.like} than {one.name}."] * bool(one.like)
    return sentences


def nobody_known(besides: Sequence[str] = (), others: bool = True) -> str:
    """That nobody known is there, or nobody else; nobody at all where there are no `others`."""
    known = "Nobody else I know is" if others else "I see nobody else"
    return f"{known if besides else 'Nobody I know is'} in this video."


def may_be(asked: Sequence[Entity]) -> list[str]:
    """Who may be there, if anybody: the likeliest by name."""
    unsure = decided(sorted(asked, key=lambda p: -p.probability), "unsure")
    return [f"I'm not sure about {shortened(unsure, _MOST_UNSURE, word='or')}."] if unsure else []


def here_or_not(missing: Sequence[Missing], either: bool = False) -> dict[str, str]:
    """That people aren't there, and that others may be, as clauses by why: {"absent": "Ana is not in this video"}."""
    names = {why: [one.name for one in missing if one.why == why] for why in ("absent", "unsure")}
    told = {
        "absent": not_here(names["absent"], all(one.surely for one in missing), either),
        "unsure": f"I'm not sure whether {join(names['unsure'], 'or')} is in this video",
    }
    return {why: said for why, said in told.items() if names[why]}


def untold(missing: Sequence[Missing], query: Query | None = None, instead: bool = False) -> list[str]:
    """That what is asked can't be told of the absent, nor of the unsure, but (`instead`) of who may be one of them."""
    told, kind = list[tuple[str, str]](), "" if query is None else query.attribute or query.select
    gone = query is not None and (query.where == Not(PRESENT) or query.select == "exists" and query.where is None)
    for why, said in here_or_not(missing, query is not None and query.whom.quantifier == "either").items():
        names = [one.name for one in missing if one.why == why]
        one = "that person" if names[0].startswith("#") else names[0]
        who, them = (one, one) if len(names) == 1 else ("they", "them")
        what = f", so I can't {wording('untold', kind, who=who, them=them, be=be(names))}"
        told.append((said, what * (not gone if why == "absent" else not instead)))
    if len({what for _, what in told}) == 1 and told[0][1]:  # said once of both
        told = [(", and ".join(said for said, _ in told), told[0][1])]
    return [f"{said}{what}." for said, what in told]


def in_passing(spans: Sequence[Span], timeline: Timeline) -> str:
    """Such as "from 0:02 to 0:09" or "the whole time"; empty for stills and of no span."""
    whole = seconds_in([timeline.whole])
    if not spans or timeline.still or whole < _INSTANT_S:
        return ""
    if seconds_in(spans) >= WHOLE * whole:
        return "the whole time"
    if len(spans) > FEW_SPANS:
        return f"{number(len(spans))} times between {clock(spans[0][0])} and {clock(spans[-1][1])}"
    return join([span_told(*span) for span in spans])


def unknown_people(count: int, also: bool = False) -> str:
    """How many people are seen whom nobody knows, as a sentence; empty for none."""
    there = f"There {'is' if count == 1 else 'are'}{' also' * also}"
    return f"{there} {english.so_many(count, 'person')} I don't know." if count > 0 else ""


def because(name: str, decision: Decision, why: Why, still: bool = False) -> str:
    """Why a person isn't found present, as a sentence; no times of a photo."""
    when = "" if still or why.at_s is None else f" at {clock(why.at_s)}"
    pixels = f", with a face {why.face_px} pixels high" if why.face_px and "small" in why.hard else ""
    doubts = join([wording("doubt", one) for one in why.hard])
    who = f"somebody {doubts}".rstrip() + pixels if why.hard else "somebody seen well"
    verdict = "it could be the same person" if decision == "unsure" else "too unlike to be the same person"
    return wording("why", why.reason, name=name, who=who, when=when, like=why.like or "", verdict=verdict)


def side_said(name: str, timeline: Timeline, in_frame: bool, spans: Sequence[Span] = ()) -> str:
    """Where somebody mostly is: "on the left of the frame, in the background"."""
    told = [wording("side", row.value) for row in timeline.lasting(name, "side", spans)]
    return ", ".join([f"{told[0]}{' of the frame' * in_frame}", *told[1:]]) if told else ""

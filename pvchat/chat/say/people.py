"""Sentences about a person (looks, deeds, whereabouts, company) and about the scene (the place, its things).

In: findings, a `Timeline`. Out: sentences for "attribute" and "describe", and for questions about the scene. Something
small or half hidden is easily missed, so if it wasn't seen the answer isn't a sure no.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

from pvchat.chat import english
from pvchat.chat.conditions import truth_of
from pvchat.chat.english import HEDGE, be, indefinite, join, number, plural, so_many, table, upper, wording, words
from pvchat.chat.query import EVERYBODY, PLACES, And, Has, Not, Query, atoms, is_choice
from pvchat.chat.say import clauses
from pvchat.chat.say.clauses import called, complement, event_time, in_passing, lead, people_said, side_said
from pvchat.chat.spans import WHOLE, Span, common, grouped, merged, most_at_once, seconds_in, without
from pvchat.chat.timeline import EITHER_WAY, EXCLUSIVE, LIKELY, MOSTLY, OF_SCENE, Finding, Found, Row, Timeline, alike
from pvchat.schemas import BLUE_SKY

_MOST_WITH = 6  # people with whom somebody is seen that one sentence tells
_BESIDE = 0.2  # share of somebody's time from which whoever is next to her is told of [choice]
_KNOWN = ("worn", "looks", "deed", "place", "gender")  # attributes of which everything of the kind is told
_MOST_TIMED = 6  # that are told with their times
_PRONOUN = 0.9  # confidence of the gender from which "he" or "she" is said [choice]
_GAZE = ("looking", "facing")
_USES = ("using", "holding a", "eating", "reading", "speaking into", "taking", "pouring", "talking on")  # by hand
_BODILY = ("sitting", "standing", "lying", "walking", "running", "falling")
_SEATED, _SEAT = ("sitting", "lying down"), ("on a chair", "on a sofa", "on a bench", "on a bed", "on the floor")

_PLURALS = ("scissors", "skis")  # words without a singular
_MOST_TOLD = 5
_DRAWN = "I can't make out things in drawn pictures."


def attribute(finding: Finding, timeline: Timeline) -> str:
    """What is asked of each of those who are meant, or of the scene; nothing where nobody is meant."""
    query = finding.query
    if query.attribute in OF_SCENE and query.whom == EVERYBODY and not finding.everyone:
        return of_scene(finding, timeline)
    people = _meant(finding)
    if query.attribute in table()["relation"]:
        sentences = [upper(f"{company(one, query.attribute or '')}.") for one in people]
    else:
        known = [(one, _attribute_told(one, query, timeline)) for one in people]
        sentences = _same_joined(
            [(one.entity, event_time(one, finding, timeline), text) for one, text in known], finding, timeline
        )
        unknown = [one for one, text in known if not text]
        named = [one for one in unknown if not one.entity.startswith("#")]
        sentences += [_not_made_out(one, finding, timeline) for one in named or unknown[: not sentences]]
    gone = [one for one in finding.against if not common(timeline.seen(one.entity), finding.during)]
    if not sentences and query.during.event and gone:  # not at that time
        return upper(f"{event_time(gone[0], finding, timeline)}, {clauses.not_here(people_said(gone))}.")
    return " ".join(sentences)


def describe(finding: Finding, timeline: Timeline) -> str:
    """All that is known of those who are meant; of everybody what each does, else her looks; then where it plays."""
    if finding.query.whom != EVERYBODY:
        return " ".join(_described(one, finding, timeline) for one in _meant(finding))
    told = []
    for name, spans in ((one.entity, one.spans) for one in _meant(finding)):
        known = "" if name.startswith("#") else looks(name, spans, timeline) or "is in this video"
        told.append((name, "", acts(name, spans, timeline) or known))
    everybody = _same_joined(told, finding, timeline)
    place = scene_place(timeline, finding.during) if everybody and finding.query.where is None else ""
    return " ".join([*everybody, *[f"This is {place}."] * bool(place)])


def who_is_where(timeline: Timeline, besides: Sequence[str]) -> str:
    """Who is there, besides some, and in which place it plays."""
    place = ", ".join(filter(None, ("a drawn scene" * timeline.drawn, scene_place(timeline))))
    return " ".join([clauses.who_is_there(timeline, besides), *[f"This is {place}."] * bool(place)])


def _meant(finding: Finding) -> list[Found]:
    """Those who are surely meant and there; who only may be meant has no time."""
    return [*finding.people, *(one for one in finding.open if one.spans)]


def _attribute_told(one: Found, query: Query, timeline: Timeline) -> str:
    """What is known of the attribute that is asked for of somebody, after the name: "is wearing a red jacket"."""
    kind = query.attribute or "deed"
    if query.value or query.rank or kind not in _KNOWN:
        text = with_times(one.rows, one.spans, timeline, clauses.held_by)
    else:
        text = measured(one.entity, Has(kind), one.spans, timeline)
    told = kind != "worn" or query.value in ("", *table()["on_body"]) or any(row.colour for row in one.rows)
    text += ", but I can't tell the colour" * bool(text and not told)
    doubt = kind in ("side", *PLACES) and timeline.doubtful(one.entity) and not text.startswith(f"is {HEDGE}")
    return text.replace("is ", f"is {HEDGE} ", 1) if doubt else text


def instead(finding: Finding, timeline: Timeline) -> list[str]:
    """Who is seen where all who are named are missing, with what is asked: who may be one of them, else the few."""
    likes = {one.like: one.name for one in reversed(finding.missing) if one.like}
    sentences, people, tells = list[str](), list[str](), len(finding.instead) == 1
    for one in finding.instead:
        side = side_said(one.entity, timeline, False, one.spans)
        asked, who = _told_instead(one, finding.query, timeline), one.entity
        if one.likely or who.startswith("#"):  # by name only who surely is that one
            kind = gender_of(who, timeline) if any(row.attribute == "gender" for row in one.rows) else ""
            who = f"one {kind or 'person' * (len(finding.instead) == 1)}".strip()
        if one.entity in likes:
            text = f", {side}, {asked}" if side and asked else f" {asked}" if asked else f" is {side}" * bool(side)
            sentences += [f"Whoever is most like {likes[one.entity]}{text}."] if text else []
        else:
            known = ", ".join(filter(None, (side, f"who {asked}" * bool(asked))))
            people.append(f"{who}{', ' * bool(known)}{known}")
            tells = tells or bool(asked) or who == one.entity
    many = so_many(len(people), "person") if people[1:] else ""
    sentences += [f"I see {': '.join(filter(None, (many, '; '.join(people) * tells)))}."] if people else []
    place = scene_place(timeline) if finding.missing and finding.query.attribute in PLACES and finding.rows else ""
    return [*sentences, *[f"This is {place}."] * bool(place)]


def _told_instead(one: Found, query: Query, timeline: Timeline) -> str:
    """What is asked, of somebody who isn't asked about: nothing of where she is, which is told with whoever she is."""
    if query.select == "describe":
        known = looks(one.entity, one.spans, timeline, whole=True), acts(one.entity, one.spans, timeline)
        return ", and ".join(filter(None, known))
    if query.select == "exists" or query.attribute in ("gender", "side", *PLACES):
        return ""
    rows = tuple(row for row in one.rows if row.attribute not in ("gender", "side"))
    return _attribute_told(replace(one, rows=rows), query, timeline)


def _not_made_out(found: Found, finding: Finding, timeline: Timeline) -> str:
    """That an attribute isn't known, and what is: what else is worn; of a deed where she is."""
    query, entity, kind = finding.query, found.entity, finding.query.attribute or "deed"
    name = clauses.subject(entity, timeline, query.whom.called)
    who = name if name == entity else "that person"
    if query.rank is not None and abs(query.rank.k) > 1:  # "what does she do first?", "and then?", "and then?"
        return upper(f"{name} does nothing else, as far as I can see.")
    missed = wording("missed", kind, who=who)
    if query.value and kind != "deed":
        missed = f"{wording('on_body', query.value)}{who}'s {query.value}"
    elif query.value == "looking":
        missed = f"where {who} is looking"
    every = timeline.of(entity, "worn", denied=True) if query.value and kind == "worn" else ()
    lacked = list(dict.fromkeys(row.value for row in every if not row.holds and row.narrowed(query.value)))
    worn = timeline.of(entity, "worn") if query.value and kind == "worn" else found.rows
    known = with_times(worn, found.spans, timeline, partial(_looks_said, whole=True))
    if kind == "holding":
        used = [row for row in timeline.of(entity, "deed") if row.value.startswith(_USES)]
        known = with_times(used, found.spans, timeline, partial(_acts_said, gender=gender_of(entity, timeline)))
    if kind == "deed" and found.rows and (where := whereabouts(entity, found.spans, timeline)):
        known = f"is {where}"
    none = f"{name} is wearing no {join(lacked, 'or')}, as far as I can see." if lacked else ""
    none = none or clauses.here_but([name], f"make out {missed}")
    return " ".join([upper(none), *[upper(f"{name} {known}.")] * bool(known)])


def _same_joined(told: Iterable[tuple[str, str, str]], finding: Finding, timeline: Timeline) -> list[str]:
    """Of whom, at which event, what, as sentences, the same of several as one: "Ana sits, and so do Ben and Cleo."."""
    asked, sentences = finding.query.whom.called, list[str]()
    for (event, text), names in grouped(((event, text), name) for name, event, text in told).items():
        if not text:
            continue
        # names first, the sure ones before those that nobody asked about and that may be wrong
        first, *rest = sorted(names, key=lambda one: (one[0] == "#", timeline.doubtful(one) and one not in asked))
        others = [so_many(len(rest), "other person")]
        if not first.startswith("#"):
            others = clauses.hedged(people_said(rest), timeline, asked)
        one, several = {"is": ("is", "are"), "has": ("has", "have")}.get(text.split(" ")[0], ("does", "do"))
        so = f", and so {one if be(others) == 'is' else several} {join(others)}" if rest else ""
        sentences.append(upper(f"{event}{', ' * bool(event)}{clauses.subject(first, timeline, asked)} {text}{so}."))
    return sentences


def company(found: Found, kind: str) -> str:
    """Who is with, or next to, somebody, as a clause; whoever is so longest first."""
    who, how = called(found.entity), wording("relation", kind)
    spans = grouped((row.of, row.span) for row in found.rows if row.attribute == kind)
    longest = sorted(spans, key=lambda one: -seconds_in(spans[one]))
    near = people_said(longest)
    if not near:
        return f"I see nobody {how.removeprefix('seen ')} {who}"
    return f"{english.shortened(near, _MOST_WITH)} {be(near)} {how} {who}"


def _described(found: Found, finding: Finding, timeline: Timeline) -> str:
    """Somebody in two sentences: how she looks; what she does, and where."""
    name, spans, event = found.entity, found.spans, event_time(found, finding, timeline)
    does, where = acts(name, spans, timeline), whereabouts(name, spans, timeline)
    rest = ", ".join(filter(None, (does, where))) if does else f"is {where}" * bool(where)
    told = list(filter(None, (looks(name, spans, timeline, whole=True), rest)))
    told = told or ["is in this video, but I can't make out more"]
    who = clauses.subject(name, timeline, finding.query.whom.called)
    again = {"man": "he", "woman": "she"}.get(gender_of(name, timeline), called(name))
    first = f"{event}{', ' * bool(event)}{who}"
    return " ".join(upper(f"{again if i else first} {text}.") for i, text in enumerate(told))


def looks(name: str, spans: Sequence[Span], timeline: Timeline, whole: bool = False) -> str:
    """Such as "is wearing a dark suit and glasses"; hair and beard when `whole` or when nothing worn was measured."""
    rows = [*timeline.of(name, "worn"), *timeline.of(name, "hair")]  # bare shoulders are told with what is worn
    return with_times(rows, spans, timeline, partial(_looks_said, whole=whole))


def acts(name: str, spans: Sequence[Span], timeline: Timeline) -> str:
    """Such as "sits on a sofa, talks and raises a hand": posture, deeds, and what is held."""
    rows = [*_seated(name, spans, timeline), *timeline.of(name, "deed"), *timeline.of(name, "holding")]
    return with_times(rows, spans, timeline, partial(_acts_said, gender=gender_of(name, timeline)))


def _seated(name: str, spans: Sequence[Span], timeline: Timeline) -> list[Row]:
    """Postures, with on what somebody sits or lies: all of one kind on what that mostly is, else each on its own."""
    near = [row for row in timeline.of(name, "near") if row.value in _SEAT]
    found = list[Row]()
    for same in alike(timeline.of(name, "posture")):
        time = common([row.span for row in same], spans)
        seats = grouped((row.value, row.span) for row in near if row.probability >= same[0].probability)
        on = {seat: common(own, time) for seat, own in seats.items() if same[0].value in _SEATED}
        most = [seat for seat, own in on.items() if seconds_in(own) >= MOSTLY * seconds_in(time)]
        on = {most[0]: time} if most else on
        on[""] = without(time, [span for own in on.values() for span in own])
        parts = [(f"{same[0].value} {seat}".strip(), span) for seat, own in on.items() for span in own]
        found += [replace(same[0], value=value, start_s=start, end_s=end) for value, (start, end) in parts]
    return found


def whereabouts(name: str, spans: Sequence[Span], timeline: Timeline, seat: bool = False) -> str:
    """Completes "is …": place, sky, things, what is behind, side, who is beside; a seat where that is asked."""
    scene = scene_place(timeline, spans)
    seated = any(row.value in _SEATED for row in timeline.of(name, "posture"))
    rows = [row for row in timeline.lasting(name, "near", spans) if seat or not (seated and row.value in _SEAT)]
    near = [f"{HEDGE} " * (row.probability < LIKELY) + row.value for row in rows]
    behind, side = _backdrop(name, scene, timeline, spans), side_said(name, timeline, not scene, spans)
    sky = f"under {BLUE_SKY}" * any(row.value == BLUE_SKY for row in timeline.of("", "background"))
    beside = _beside(name, spans, timeline, not (scene or behind or side))
    sizes = [] if scene or behind else [row.value for row in timeline.lasting(name, "shot_size", spans)]
    far = {"close-up": "in close-up", "far away": "far away"}.get(next(iter(sizes), ""), "")
    return ", ".join(filter(None, (scene, sky, *near, behind * (behind not in near), side, beside, far)))


def measured(name: str, has: Has, spans: Sequence[Span], timeline: Timeline) -> str:
    """All that is known of the kind that a condition is of, after the name: of a hat, of everything that is worn."""
    kind = has.attribute
    if kind == "gender":
        row = next(iter(timeline.of(name, "gender")), None)
        return "" if row is None else f"is a {row.value}, as far as I can see"
    if kind == "hair":
        return with_times(timeline.of(name, "hair"), spans, timeline, partial(_looks_said, whole=True))
    if kind == "looks" or kind == "worn" and timeline.of(name, "worn"):
        return looks(name, spans, timeline, whole=kind == "looks")
    if kind in ("deed", "posture", "holding"):
        return acts(name, spans, timeline)
    if kind not in ("side", "near", *PLACES):
        return ""
    places = [] if kind != "place" or timeline.lasting("", "place", spans) else timeline.of("", "place")
    where = with_times(places, spans, timeline, lambda rows: join([clauses.place_said(row.value) for row in rows]))
    where = where or whereabouts(name, spans, timeline, seat=True)
    return f"is {where}" if where else ""


def gender_of(name: str, timeline: Timeline) -> str:
    """The gender where a pronoun may be used: a wrong one is worse than the name said twice."""
    row = next(iter(timeline.of(name, "gender")), None)
    return "" if row is None or row.ground and (row.ground.score or 1.0) < _PRONOUN else row.value


def with_times(
    rows: Sequence[Row], spans: Sequence[Span], timeline: Timeline, phrase: Callable[[Sequence[Row]], str]
) -> str:
    """What rows hold in some time, in words by `phrase`: what mostly does, then the rest with its times, in turn."""
    found = [(same[0], time) for same in alike(rows) if (time := common([row.span for row in same], spans))]
    # of standing and then sitting both are told with their times, though one is so most of the time
    kinds = Counter(row.attribute for row, _ in found if row.attribute in EXCLUSIVE)
    least = {row: (WHOLE if kinds[row.attribute] > 1 else MOSTLY) * seconds_in(spans) for row, _ in found}
    always = [row for row, time in found if timeline.still or seconds_in(time) >= least[row]]
    others = sorted(((row, time) for row, time in found if row not in always), key=lambda one: one[1][0])
    longest = sorted(others, key=lambda one: -seconds_in(one[1]))[:_MOST_TIMED]
    at_times = grouped((in_passing(one[1], timeline), one[0]) for one in others if one in longest)
    first = phrase(always)
    rest = [f"{text} {time}".rstrip() for time, group in at_times.items() if (text := phrase(group))]
    if not first:
        return join(rest)
    lead = next((start for start in ("is wearing ", "is ", "has ") if first.startswith(start)), "")
    lead = "" if ", with " in first or " and has " in first else lead  # else "glasses" would follow the hair
    return ", and ".join(filter(None, (first, join([text.removeprefix(lead) for text in rest]))))


def _looks_said(rows: Sequence[Row], whole: bool) -> str:
    worn = [clauses.worn_said(row.value, row.colour) for row in rows if row.attribute == "worn"]
    has = [clauses.hair_said(row.value, row.colour) for row in rows if row.attribute == "hair" and row.value != "bald"]
    has = has if whole or not worn else [said for said in has if said.startswith("bare")]
    told = f"has {join(has)}" * bool(has)
    told = f"is wearing {join(worn)}{', with ' * bool(has)}{join(has)}" if worn else told
    bald = "is bald" * any(row.value == "bald" for row in rows)
    return join(list(filter(None, (told, bald))))


def _acts_said(rows: Sequence[Row], gender: str) -> str:
    """Deeds in the simple present, what the body does first, doubtful ones last; not where somebody looks who falls."""
    walks, falls = (any(row.value.startswith(way) for row in rows) for way in ("walking", "falling"))
    rows = [row for row in rows if not (walks and row.value == "standing" or falls and row.value.startswith(_GAZE))]
    if any(row.of and row.value == "looking" and row.probability >= LIKELY for row in rows):  # at whom says which side
        rows = [row for row in rows if row.of or not row.value.startswith("looking to the ")]
    rows = sorted(rows, key=lambda row: (row.value.startswith(_GAZE), not row.value.startswith(_BODILY)))
    deeds = dict.fromkeys(sorted(map(_deed_said, rows), key=lambda deed: deed.startswith(HEDGE)))
    kept = []
    for deed in deeds:  # unless another one says it already, or more of it, perhaps more surely
        said = f"{deed.removeprefix(f'{HEDGE} ')} "
        kept += [] if any(f"{other} ".startswith(said) for other in deeds if other != deed) else [deed]
    whose = {"man": "his", "woman": "her"}.get(gender, "the")
    told = [deed.replace("facing the camera", "looking towards the camera") for deed in kept]
    own = [" ".join(whose if word == "their" else word for word in deed.split(" ")) for deed in told]
    return _deeds_joined(map(english.present_tense, own))


def _deeds_joined(deeds: Iterable[str]) -> str:
    """Deeds in the simple present, doubtful ones last, as one clause: nothing that two of them share is said twice."""
    told = list[str]()
    for text in deeds:
        if told and all(one.startswith("looks ") for one in (told[-1], text)):
            told[-1] += text.replace("looks", " and", 1)  # "looks up and to the right"
        else:
            told.append(text)
    sure, likely = ([text for text in told if text.startswith(HEDGE) == doubtful] for doubtful in (False, True))
    return join([*sure, *[f"{HEDGE} {join([text.removeprefix(f'{HEDGE} ') for text in likely])}"] * bool(likely)])


def _deed_said(row: Row) -> str:
    said = complement(clauses.condition_of(row))[1] if row.of else row.value  # "hugging Ben"
    said = f"holding {clauses.worn_said(said)}" if row.attribute == "holding" else said
    doubtful = row.value.startswith(EITHER_WAY)  # the words themselves say so
    return said if row.probability >= LIKELY or doubtful else f"{HEDGE} {said}"


def _backdrop(name: str, scene: str, timeline: Timeline, spans: Sequence[Span]) -> str:
    """Such as "before dark red curtains"; empty where that says no more than the place or the sky."""
    known = [row.value for row in timeline.lasting("", "background", spans)]
    behind = next((value for value in known if value != BLUE_SKY), "")
    if not behind or BLUE_SKY in known and "blue" in behind:
        return ""
    colour = behind.removeprefix("an ").removeprefix("a ").removesuffix(" background")
    if not behind.endswith(" background"):
        return f"before {behind}"
    if timeline.drawn and any(row.colour == colour for row in timeline.of(name, "hair")):  # which fills the rim
        return ""
    wall = any(f" {one} " in f" {behind} " for one in words("walls"))
    if colour in words("no_place"):  # as the walls of any room are
        wall = not scene.endswith(words("no_room"))
    return "" if scene and wall else f"before {behind}"


def _beside(name: str, spans: Sequence[Span], timeline: Timeline, strangers: bool) -> str:
    """Such as "next to Ben and one other person"; of drawings, where likeness misleads, no names nobody asked for."""
    near = [row for row in timeline.of(name, "beside") if common([row.span], spans)]
    near = [row for row in near if not ((one := timeline.entity(row.of)) and one.like)]  # another's second name
    times = {row.of: common([one.span for one in near if one.of == row.of], spans) for row in near}
    near = [row for row in near if seconds_in(times[row.of]) >= _BESIDE * seconds_in(spans)]
    sure = [row for row in near if not row.of.startswith("#") and row.probability >= LIKELY]
    named = list(dict.fromkeys(row.of for row in sure if strangers or not timeline.drawn))
    others = {row.of: [one.span for one in near if one.of == row.of] for row in near if row not in sure}
    unnamed = most_at_once([span for own in others.values() for span in merged(own)]) if strangers else 0
    told = [*named, *[so_many(unnamed, "other " * bool(named) + "person")] * bool(unnamed)]
    return f"next to {join(told)}" * bool(told)


def of_scene(finding: Finding, timeline: Timeline) -> str:
    """What is asked of the scene: where it plays, or which things there are."""
    kind, event = finding.query.attribute or "place", clauses.event_said(finding.query.during)
    if kind == "thing":
        return _things_said(finding.rows, timeline)
    known = _scene_told(finding, kind, timeline)
    unknown = f"I can't make out {wording('scene', kind) or f'the {kind}'}."
    return f"{event}{', ' * bool(event)}this is {known}." if known else unknown


def _scene_told(finding: Finding, kind: str, timeline: Timeline) -> str:
    """What is known of the scene: "in an office"; of another attribute than was asked where that one isn't known."""
    place = scene_place(timeline) if kind == "place" and finding.query.during.event is None else ""
    rows = [row for row in finding.rows if row.holds]
    rows = [row for row in rows if row.attribute == kind] or [row for row in rows if row.attribute != "background"]
    return place or join(list(dict.fromkeys(complement(clauses.condition_of(row))[1] for row in rows)))


def scene_place(timeline: Timeline, spans: Sequence[Span] = ()) -> str:
    """Such as "in an office", "probably in a vehicle" or "outdoors in the dark"; empty where nothing of it is sure."""
    rows = timeline.lasting("", "place", spans)
    setting = next((row.value for row in timeline.lasting("", "setting", spans)), "")
    hedge = f"{HEDGE} " * any(row.probability < LIKELY for row in rows[:1])
    place = f"{hedge}{clauses.place_said(rows[0].value)}" if rows else setting
    dark = any(row.value == "dark" for row in timeline.lasting("", "light", spans))
    if not dark or place.endswith("event"):  # where a few lights are on
        return place
    outside = setting == "outdoors" or setting != "indoors" and place.endswith(words("no_room"))
    return f"{place} in {'the dark' if outside else 'dim light'}" if place else "in a dark place"


def whether_scene(finding: Finding, timeline: Timeline) -> str:
    """Whether something is so of the scene, or a thing is there."""
    asked, where = list(atoms(finding.query.where)), finding.query.where
    plain = isinstance(where, And) and all(isinstance(part, Has) for part in where.parts)
    if isinstance(where, And) and plain and len({has.attribute for has in asked}) > 1:
        return _scene_at_once(where, finding, timeline)
    if asked[0].attribute == "thing":
        return " ".join(_whether_thing(has, finding, timeline) for has in asked)
    known = _scene_told(finding, asked[0].attribute, timeline)
    text = f"this is {known}." if known else ""
    if text and (lead(finding) or is_choice(finding.query)):
        return f"{lead(finding, HEDGE in text)}{text}"
    question = "I can't tell whether this is " + " or ".join(complement(has)[1] for has in asked)
    return f"{question}. {upper(text)}".rstrip()


def _scene_at_once(where: And, finding: Finding, timeline: Timeline) -> str:
    """Whether several things are so of the scene at the same time: "is there a dog in the park?"."""
    spans = truth_of(where, "", timeline).yes
    parts = sorted((part for part in where.parts if isinstance(part, Has)), key=lambda has: has.attribute != "thing")
    texts = [complement(has)[1].removeprefix("seen with ") for has in parts]
    thing = parts[0].attribute == "thing"
    so = f"there is {texts[0]} {join(texts[1:])}" if thing else f"this is {join(texts)}"
    if spans:
        return f"{lead(finding)}{so} {in_passing(common(spans, finding.during or spans), timeline)}".rstrip() + "."
    if finding.verdict != "no" and thing and truth_of(parts[0], "", timeline).yes:
        return f"I see {texts[0]}, but I can't tell whether that is {join(texts[1:])}."
    if finding.verdict != "no":
        return f"I can't tell whether {so}."
    if thing:
        return f"No, I see no {said(parts[0].value, 1)} {join(texts[1:])}, but I may miss one."
    return f"No, this is not {join(texts)}."


def count_things(finding: Finding, timeline: Timeline) -> str:
    """How many things of a kind are seen at the same time."""
    label, found = next(atoms(finding.query.where)).value, int(finding.number or 0)
    seen = f"{lead(finding)}I see {number(found) if found else 'no'} {said(label, found)} in this video."
    return _DRAWN if timeline.drawn and not found else seen


def _whether_thing(has: Has, finding: Finding, timeline: Timeline) -> str:
    """Whether a thing is there, the surest of it first."""
    held = [row for row in finding.rows if row.holds]
    alone = finding.verdict == "yes" and len(list(atoms(finding.query.where))) == 1
    rows = [row for row in held if row.value == has.value] or (held if alone else [])
    denied = isinstance(finding.query.where, Not)
    if not rows:
        no = "No, " if finding.verdict == "no" and not denied else ""
        when = clauses.event_said(finding.query.during) or "in this video"
        seen = merged([row.span for row in timeline.of("", has.attribute) if row.value == has.value])
        if seen and when != "in this video":
            label = said(has.value, 1)
            there = f"I see {indefinite(label)} {in_passing(seen, timeline)}".rstrip()
            return f"{no}I see no {label} {when}, but {there}."
        return _DRAWN if timeline.drawn else f"{no}I see no {said(has.value, 1)} {when}, but I may miss one."
    thing, what = rows[0], counted(rows[0].value, most_at_once([row.span for row in rows]))
    side = wording("side", thing.of) or thing.of
    where = f", {side}" if side else ""
    hedge = "" if max(row.probability for row in rows) >= LIKELY else f"{HEDGE} "
    if not side and finding.query.form != "polar":  # "where is the cat?"
        where = f"{where} {scene_place(timeline, [row.span for row in rows])}".rstrip()
    sure = "" if hedge or finding.query.form != "polar" else "No, " if denied else "Yes, "
    return f"{sure}I see {hedge}{what}{where}."


def _things_said(rows: Sequence[Row], timeline: Timeline) -> str:
    """Which things are seen: two chairs, a laptop and probably a cup."""
    if timeline.drawn:
        return _DRAWN
    kinds = grouped((row.value, row) for row in sorted(rows, key=lambda row: -row.probability))
    first = [(kind, same) for kind, same in [*kinds.items()][:_MOST_TOLD] if kind != "tie"]
    named = [(counted(kind, most_at_once([row.span for row in same])), same[0].probability) for kind, same in first]
    sure, likely = ([name for name, p in named if (p >= LIKELY) == surely] for surely in (True, False))
    told = join([*sure, *[f"{HEDGE} {join(likely)}"] * bool(likely)])
    return f"I see {told}." if told else "I see no things that I could name for sure."


def counted(label: str, count: int) -> str:
    """Such as "a chair", "three chairs", "scissors"."""
    word = said(label, count)
    return word if label in _PLURALS else f"{number(count)} {word}" if count > 1 else indefinite(word)


def said(label: str, count: int) -> str:
    """A label in the product's words, in the plural for more or fewer than one."""
    return plural(wording("thing", label) or label, count)

"""Makes a `Timeline` of what was measured of a clip: who is seen from when to when, wears what, does what.

In: presences and the analysis of a clip. Out: a `Timeline`, whose rows say what they rest on and how sure they are
(below .8 an answer says "probably"). Facts of a short clip hold whenever their person is seen, those of a long video
in the stretches in which they were measured.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations, pairwise, product

import numpy as np

from pvchat import schemas
from pvchat.chat.english import COLOURS, HEDGE, join, words
from pvchat.chat.sounds import rows_of_sound
from pvchat.chat.spans import Span, common, merged
from pvchat.chat.timeline import MOSTLY, Entity, Row, Timeline
from pvchat.identity.evidence import STILL_S, Box, Evidence, Neighbour, gather, in_light, seen_together
from pvchat.perception.boxes import overlap
from pvchat.schemas import Appearance, ClipAnalysis, FloatArray, Ground, PersonFacts, PersonPresence, SceneFacts, Thing

# Two people are side by side with nobody between them, up to this gap between their faces, in mean widths (an arm long,
# some 60 cm), and so much higher up, in mean heights (who sits beside who stands). [choice]
_GAP, _HIGHER = 4.0, 1.5
_LEVEL = 0.75  # heights of a face by which one who looks at another is higher up, at most
_SHORTEST_S = 0.04  # of a photo
_MEET_S = 1e-3  # by which the spans of two neighbouring samples overlap
_NOWHERE: Box = (0.0, 0.0, 0.0, 0.0)
_LAST_STEP = 0.3  # seconds, about a sampling step
_LOST_S, _SAME_PLACE = 1.2, 0.5  # seconds for which a face is lost at most; overlap of its boxes then [choice]

SIDES = ("left", "right", "middle")
_DEEPER = 2.0  # how much bigger somebody is who is in front of somebody else [choice]
PROBABLY = 0.6  # what "probably" counts as
# How often garments (kind and colour) and gestures are right on footage: slope and offset over the log-odds of what was
# measured, which tells little: whether sightings agree, not whether they see well. Other kinds are as measured.
_ON_FOOTAGE = {"garment": (0.16, 1.0), "gesture": (0.0, 2.43)}
_SUREST = 0.98  # as much as a measured share counts
_NOT_ON = {"on the floor": "on a bed", "on a bed": "on the floor"}  # who lies on the one doesn't lie on the other
_HOLDS = "holding a "  # a deed that begins so tells what is held
# What doesn't hold of somebody, as rows tell it, by what `PersonFacts.lacking` calls it
_LACKED = {
    "a hat": [("worn", "hat"), ("worn", "cap")], "a helmet": [("worn", "helmet")], "glasses": [("worn", "glasses")],
    "sunglasses": [("worn", "sunglasses")], "a face mask": [("worn", "face mask")],
    "long hair": [("hair", "long hair")], "short hair": [("hair", "short hair")],
    "a beard": [("hair", "beard")], "a moustache": [("hair", "moustache")],
    "smiling": [("deed", "smiling"), ("deed", "laughing")],
}  # fmt: skip


@dataclass(frozen=True)
class _Seen:
    """One sighting of somebody, when that is, and what was measured when, in a long video."""

    who: Neighbour
    spans: Sequence[Span]
    stretches: Sequence[Appearance] = ()


@dataclass(frozen=True)
class _Clip:
    """What a timeline is made of."""

    evidence: Evidence
    presences: Sequence[PersonPresence]
    analysis: ClipAnalysis | None

    @property
    def whole(self) -> Span:
        """The clip from its start to its end, seconds."""
        times = self.evidence.times or [1.0]
        start, end = self.evidence.part or (0.0, times[-1])
        return start, max(end, start + _SHORTEST_S)

    @cached_property
    def step_s(self) -> float:
        """Seconds between two sampled frames."""
        times = self.evidence.times
        return float(np.median(np.diff(times))) if len(times) > 1 else self.whole[1] - self.whole[0]

    def spans(self, frames: Sequence[int]) -> list[Span]:
        """When sampled frames are shown; all the time where they aren't known."""
        if not frames:
            return [self.whole]
        if self.analysis is not None:
            return self.analysis.spans(np.asarray(frames, np.int64))
        half, times = self.step_s / 2 + _MEET_S, self.evidence.times
        return merged([(times[frame] - half, times[frame] + half) for frame in frames if frame < len(times)])

    def seen(
        self, who: Neighbour, tracks: Sequence[int | None], spans: Sequence[Span] = (), gender: str | None = None
    ) -> _Seen:
        """A sighting, with the stretches of a long video in which its tracks were measured, as they may be told;
        `gender` is known of who she is.
        """
        known, scene = [] if self.analysis is None else self.analysis.tracks, self.evidence.scene
        hers = [known[i] for i in dict.fromkeys(tracks) if i is not None and known]
        stretches = [replace(one, facts=in_light(one.facts, scene)) for track in hers for one in track.appearances]
        if gender is not None:
            who = replace(who, facts=replace(who.facts, gender=gender))
            stretches = [replace(one, facts=replace(one.facts, gender=gender)) for one in stretches]
        return _Seen(who, spans or self.spans(who.frames), stretches)


def timeline_of(presences: Sequence[PersonPresence], analysis: ClipAnalysis) -> Timeline:
    """The timeline of a clip or of a part of it; presences of everyone enrolled, in order."""
    return timeline_from(gather(presences, analysis), presences, analysis)


def timeline_from(
    evidence: Evidence, presences: Sequence[PersonPresence], analysis: ClipAnalysis | None = None
) -> Timeline:
    """`timeline_of` what was gathered already; without an analysis nothing is told by stretches."""
    clip = _Clip(evidence, presences, analysis)
    strangers = _strangers(clip)
    tracks = {one.who.track: name for name, parts in strangers.items() for one in parts if one.who.track is not None}
    people = {one.name: _known(one, clip) for one in presences if one.decision == "present"}
    everybody = {name: [one] for name, one in people.items()} | strangers
    entities = [_enrolled(one, people, tracks, clip) for one in presences]
    longest = {name: max(parts, key=lambda one: len(one.who.frames)) for name, parts in strangers.items()}
    entities += [replace(_entity(name, one.who.box), known=False) for name, one in longest.items()]
    known = [(track, one.name) for one in presences if one.name in people for track in (one.track, *one.tracks)]
    tracks |= {track: name for track, name in known if track is not None}
    voices = {voice: one.name for one in presences for voice in one.voices}
    sound = None if analysis is None else analysis.sound
    pieces = sum(not one.name for one in evidence.others)
    rows = (
        *_rows_of_people(everybody, clip),
        *_rows_of_scene(clip),
        *(rows_of_sound(sound, tracks, voices) if sound is not None else ()),
    )
    return Timeline(
        *clip.whole, tuple(entities), rows, tuple(evidence.shots) or (clip.whole,), _looked_for(clip),
        still=evidence.duration_s is not None and evidence.duration_s <= STILL_S, measured=True,
        at_least=pieces > evidence.unknown and len(evidence.shots) > 1, sound=sound.state if sound else "",
    )  # fmt: skip


def _known(person: PersonPresence, clip: _Clip) -> _Seen:
    """An enrolled person who is there, as she is seen."""
    who = next((one for one in clip.evidence.others if one.name == person.name), Neighbour(_NOWHERE))
    box, facts = clip.evidence.boxes.get(person.name, _NOWHERE), clip.evidence.facts.get(person.name, PersonFacts())
    who = replace(who, box=box, facts=facts)
    spans = _unbroken(person, clip) or [clip.whole]
    return clip.seen(who, (person.track, *person.tracks), spans, person.gender)


def _unbroken(person: PersonPresence, clip: _Clip) -> list[Span]:
    """When an enrolled person is seen, also while her face is lost for a moment: at one place, and in no other shot."""
    known, spans, boxes = clip.analysis, merged(person.spans), dict[int, FloatArray]()
    if known is None:
        return spans
    for track in (known.tracks[i] for i in (person.track, *person.tracks) if i is not None):
        inside = [any(a <= at <= b for a, b in spans) for at in known.times[track.frames]]
        boxes |= dict(zip(track.frames[inside].tolist(), track.boxes[inside, None], strict=True))
    for a, b in pairwise(sorted(boxes)):
        start, end = float(known.times[a]), float(known.times[b])
        shown = any(start < first and last < end for first, last in clip.evidence.shots)
        if end - start <= _LOST_S and not shown and overlap(boxes[a], boxes[b])[0, 0] >= _SAME_PLACE:
            spans.append((start, end))
    return merged(spans)


def _enrolled(person: PersonPresence, people: dict[str, _Seen], strangers: dict[int, str], clip: _Clip) -> Entity:
    """An enrolled person, and whose sighting hers is where she is none for herself; `strangers` by their tracks."""
    same = [p for p in clip.presences if p.name in people and p.track == person.track and p.track is not None]
    likeliest = max(same, key=lambda p: p.probability, default=person).name
    like = likeliest if likeliest != person.name and person.decision != "absent" else ""
    if person.decision == "unsure" and person.track is not None:
        like = like or strangers.get(person.track, "")
    found = _entity(person.name, clip.evidence.boxes.get(person.name))
    return replace(found, decision=person.decision, probability=person.probability, like=like, why=person.why)


def _entity(name: str, box: Box | None) -> Entity:
    if box is None or box[3] <= box[1]:
        return Entity(name)
    return Entity(name, centre=((box[0] + box[2]) / 2, (box[1] + box[3]) / 2), height=box[3] - box[1])


def _strangers(clip: _Clip) -> dict[str, list[_Seen]]:
    """Everybody without a name, by "#1" and so on; who may be somebody enrolled is one of them.

    As many as the clip surely shows: sightings of one are never at the same time, as long as there is room.
    """
    sightings = [clip.seen(one, [one.track]) for one in clip.evidence.others if not one.name]
    groups = _grouped(sightings, clip.evidence.unknown, clip.whole)
    groups += [[clip.seen(one, [one.track])] for one in clip.evidence.doubtful]
    groups = sorted(groups, key=lambda group: min(span[0] for one in group for span in one.spans))
    return {f"#{n}": group for n, group in enumerate(groups, 1)}


def _grouped(sightings: list[_Seen], count: int, whole: Span) -> list[list[_Seen]]:
    """Sightings of `count` people: each goes to whoever isn't seen at the same time, else where it overlaps least; two
    of which no frames are known are two people.
    """
    groups: list[list[_Seen]] = [[] for _ in range(count)]
    for one in sorted(sightings, key=lambda seen: min(seen.who.frames, default=-1)) if groups else ():
        mine = {*one.who.frames}
        shared = [
            sum(len(mine & {*seen.who.frames}) if mine and seen.who.frames else math.inf for seen in group)
            for group in groups
        ]
        groups[shared.index(min(shared))].append(one)
    return [group or [_Seen(Neighbour(_NOWHERE), [whole])] for group in groups]


def _rows_of_people(seen: dict[str, list[_Seen]], clip: _Clip) -> Iterator[Row]:
    """When everybody is seen, what was measured of them, and who is beside whom."""
    for name, parts in seen.items():
        spans = common([(a, max(b, a + _SHORTEST_S)) for one in parts for a, b in one.spans], [clip.whole])
        last = clip.whole[1]  # whoever is in the last sampled frame stays to the end
        ends = [last if last - end < _LAST_STEP else end for _, end in spans]
        yield from (Row(name, "present", "", start, end) for (start, _), end in zip(spans, ends, strict=True))
        for one in parts:
            measured, half = set[str](), clip.step_s / 2
            for stretch in one.stretches:
                rows = list(facts_as_rows(name, stretch.facts))
                measured |= {row.attribute for row in rows}
                span = round(stretch.start_s - half, 2), round(stretch.end_s + half, 2)  # as far as to the next one's
                yield from _held(rows, common([span], one.spans))
            rest = [row for row in facts_as_rows(name, one.who.facts) if row.attribute not in measured]
            yield from _held(rest, common(one.spans, [clip.whole]))  # all the time, what was measured in no stretch
    drawn = clip.evidence.scene.drawn
    yield from _rows_of_places([(name, one) for name, parts in seen.items() for one in parts], drawn)


def _held(rows: Iterable[Row], spans: Sequence[Span]) -> Iterator[Row]:
    """Rows as they hold in some time; those that have a time of their own, as far as it lies in that."""
    for row in rows:
        for start, end in common([row.span], spans) if row.end_s else spans:
            yield replace(row, start_s=start, end_s=end)


def _rows_of_places(seen: Sequence[tuple[str, _Seen]], drawn: bool) -> Iterator[Row]:
    """Who is in front of everybody who is seen at the same time, who is behind one of them, and who is beside whom."""
    seen = [(name, one) for name, one in seen if one.who.box[3] > one.who.box[1]]
    for name, one in seen:
        others = [each.who for _, each in seen if each is not one and _mostly_with(one.who, each.who)]
        nearest, height = max((who.box[3] - who.box[1] for who in others), default=0.0), one.who.box[3] - one.who.box[1]
        depth = "background" if _DEEPER * height < nearest else "foreground"
        if depth == "background" or 0 < _DEEPER * nearest < height:
            yield from (Row(name, "side", depth, start, end) for start, end in one.spans)
    for (name, one), (other, theirs) in combinations(seen, 2):
        if name == other or one.who.box == theirs.who.box or not side_by_side(one.who.box, theirs.who.box):
            continue
        left, right = sorted(box[0] + box[2] for box in (one.who.box, theirs.who.box))
        between = (each.who for _, each in seen if left < each.who.box[0] + each.who.box[2] < right)
        parted = any(seen_together(third.frames, one.who.frames) for third in between)
        if seen_together(one.who.frames, theirs.who.frames) and not parted:
            looking = not drawn and _face_each_other(one.who, theirs.who)
            kinds = ("beside", ""), *[("deed", "looking")] * looking
            for (kind, value), (start, end) in product(kinds, common(one.spans, theirs.spans)):
                for who, of, known in ((name, other, theirs.who.sure), (other, name, one.who.sure)):
                    sure = known or kind == "deed" and of.startswith("#")  # that she looks at somebody is sure
                    yield Row(who, kind, value, start, end, of=of, probability=1.0 if sure else PROBABLY)


def _face_each_other(one: Neighbour, other: Neighbour) -> bool:
    """Whether two who are side by side, and about as high up, each look to the side where the other one is."""
    left, right = sorted((one, other), key=lambda who: who.box[0] + who.box[2])
    level = abs(one.box[3] - other.box[3]) < _LEVEL * (one.box[3] - one.box[1])
    ahead = {"looking down", "looking up"}.isdisjoint(left.facts.gestures + right.facts.gestures)
    aside = "looking to the right" in left.facts.gestures and "looking to the left" in right.facts.gestures
    return level and ahead and aside


def _mostly_with(one: Neighbour, other: Neighbour) -> bool:
    """Whether another is seen in most of the frames that show somebody; of whom they aren't known may be."""
    mine, theirs = {*one.frames}, {*other.frames}
    return not mine or not theirs or len(mine & theirs) >= MOSTLY * len(mine)


def _rows_of_scene(clip: _Clip) -> Iterator[Row]:
    """The scene, by stretches where it was measured so, and the things in it."""
    from pvchat.perception.sightings import side

    stretches = [] if clip.analysis is None else clip.analysis.scenes
    scenes = [(s.start_s, s.end_s, s.scene) for s in stretches] or [(*clip.whole, clip.evidence.scene)]
    for start, end, scene in scenes:
        yield from _held(scene_as_rows(scene), [(start, end)])
    things = [] if clip.evidence.scene.drawn else clip.evidence.things  # in drawn pictures none can be made out
    for thing in things:
        where = side(float(np.median([(box[0] + box[2]) / 2 for box in thing.boxes]))).split()
        yield _of_thing(Row("", "thing", thing.label, of=next(word for word in SIDES if word in where)), thing, clip)


def side_by_side(a: Box, b: Box) -> bool:
    """Whether two people are about as high up, and near each other."""
    width = ((a[2] - a[0]) + (b[2] - b[0])) / 2
    height = ((a[3] - a[1]) + (b[3] - b[1])) / 2
    gap = max(a[0], b[0]) - min(a[2], b[2])
    return gap <= _GAP * width and abs((a[1] + a[3]) - (b[1] + b[3])) / 2 <= _HIGHER * height


def _of_thing(row: Row, thing: Thing, clip: _Clip) -> Row:
    """A row about a thing, from its first to its last sighting: things are looked for in some frames only."""
    times, frames = clip.evidence.times, sorted({frame for one in clip.evidence.things for frame in one.frames})
    at = [times[min(frame, len(times) - 1)] if times else 0.0 for frame in thing.frames]
    start, end = clip.whole
    if times and len(frames) > 1 and at:
        half = float(np.median(np.diff([times[min(frame, len(times) - 1)] for frame in frames]))) / 2
        start, end = max(start, min(at) - half), min(end, max(at) + half)
    row = replace(row, start_s=start, end_s=max(end, start + _SHORTEST_S), probability=thing.confidence)
    if not thing.scores:
        return row
    best = int(np.argmax(thing.scores))
    x0, y0, x1, y1 = thing.boxes[best]
    return replace(row, ground=Ground(at[best], (x0, y0, x1, y1), thing.confidence))


def _looked_for(clip: _Clip) -> frozenset[str]:
    """The things that would have been found: all that the detector knows, unless nothing was looked for."""
    from pvchat.perception.experts.objects import LABELS

    looked = clip.analysis is None or clip.analysis.stage == "what" or bool(clip.evidence.things)
    return frozenset(LABELS.values()) - {"person"} if looked and not clip.evidence.scene.drawn else frozenset()


def facts_as_rows(name: str, facts: PersonFacts) -> Iterator[Row]:
    """Facts as rows, each with what it rests on; without times, but for a posture that changes."""
    seen, where = facts.grounds, (facts.where or "").replace(",", " ").split()
    for garment in facts.clothes:
        sleeves = garment.sleeves if garment.kind == "top" else None
        kind, ground = " ".join(filter(None, (sleeves, garment.kind))), on_footage(seen.get(garment.kind), "garment")
        yield Row(name, "worn", kind, colour=garment.colour or "", ground=ground)
    for look in filter(None, (facts.hair, *facts.features, *facts.headwear)):
        said = [word for word in look.split() if word not in ("a", "an")]
        colour, value = (" ".join(w for w in said if (w in COLOURS) == wanted) for wanted in (True, False))
        has = look == facts.hair or any(not {word, word.removesuffix("s")}.isdisjoint(words("body")) for word in said)
        ground = seen.get("hair" if look == facts.hair else look)
        yield Row(name, "hair" if has else "worn", value, colour=colour, ground=ground)  # a beard isn't worn
    yield from (Row(name, kind, word, holds=False) for look in facts.lacking for kind, word in _LACKED[look])
    seats = [(0.0, 0.0)]
    if facts.course:
        yield from _course_as_rows(name, facts)
        rests = next(("lying down" for *_, said in facts.course if said == "lying down"), "sitting")
        seats = [(start, end) for start, end, said in facts.course if said.endswith(rests)]
    elif facts.pose:
        yield replace(hedged(name, "posture", facts.pose), ground=seen.get("pose"))
    gestures = [(gesture, gesture) for gesture in facts.gestures]
    movement = None if facts.course else facts.movement
    for key, deed in (("deed", facts.deed), *gestures, ("movement", movement)):
        if deed:
            row, kind = hedged(name, "deed", deed), "gesture" if key == deed else key
            if row.value.startswith(_HOLDS):
                row = replace(row, attribute="holding", value=row.value.removeprefix(_HOLDS))
            yield replace(row, ground=on_footage(seen.get(key), kind))
    rest = (
        ("gender", facts.gender, "gender"), ("shot_size", facts.shot, ""),
        *(("side", side, "") for side in SIDES if side in where),
    )  # fmt: skip
    yield from (Row(name, attribute, said, ground=seen.get(key)) for attribute, said, key in rest if said)
    if facts.seat:
        on = hedged(name, "near", facts.seat)
        if (facts.pose or "").startswith(HEDGE):  # a seat is no surer than the sitting
            on = replace(on, probability=PROBABLY)
        for start, end in seats:
            yield replace(on, start_s=start, end_s=end, ground=seen.get("seat"))
            if other := _NOT_ON.get(on.value):
                yield Row(name, "near", other, start, end, holds=False)


def _course_as_rows(name: str, facts: PersonFacts) -> Iterator[Row]:
    """What somebody does in turn, each with its time and, where it lies in that, what it rests on."""
    for start, end, said in facts.course:
        key, attribute = ("movement", "deed") if said.endswith("falling") else ("pose", "posture")
        ground = facts.grounds.get(key)
        there = ground is not None and start <= ground.time_s <= end
        yield replace(hedged(name, attribute, said), start_s=start, end_s=end, ground=ground if there else None)


def hedged(name: str, attribute: str, said: str) -> Row:
    """A row whose probability tells what a phrase tells by "probably" or "or"."""
    sure = not said.startswith(HEDGE) and "or" not in said.split()
    return Row(name, attribute, said.removeprefix(f"{HEDGE} "), probability=1.0 if sure else PROBABLY)


def scene_as_rows(scene: SceneFacts) -> Iterator[Row]:
    """Facts of a scene as rows without times; indoors or outdoors only where that is sure."""
    sure = scene.confidence.get("place", 1.0) >= schemas.PLACE_SURE
    sky = schemas.BLUE_SKY if schemas.BLUE_SKY in scene.behind else ""
    rows = (
        ("place", (scene.place or "").removeprefix("an ").removeprefix("a ")), ("setting", scene.sure_setting),
        ("light", scene.light), ("background", backdrop(scene)), ("background", sky),
        ("style", "drawn" if scene.drawn else "filmed"),
    )  # fmt: skip
    probably = {} if sure else {"place": PROBABLY}
    yield from (Row("", kind, value, probability=probably.get(kind, 1.0)) for kind, value in rows if value)


def backdrop(scene: SceneFacts) -> str | None:
    """What is behind everybody: "dark red curtains", "window blinds", else "a grey background"; None if unknown."""
    covered = [word for word in scene.behind if word != schemas.BLUE_SKY]
    colour = (scene.background or "").removeprefix("an ").removeprefix("a ").removesuffix(" background")
    return join([w if w == schemas.BOOKSHELVES else f"{colour} {w}".strip() for w in covered]) or scene.background


def on_footage(ground: Ground | None, kind: str) -> Ground | None:
    """The ground of a fact of this kind with how often such a fact is right, where that was read off footage."""
    if ground is None or ground.score is None or kind not in _ON_FOOTAGE:
        return ground
    slope, offset = _ON_FOOTAGE[kind]
    measured = min(max(ground.score, 1 - _SUREST), _SUREST)
    odds = slope * math.log(measured / (1 - measured)) + offset
    return replace(ground, score=round(1 / (1 + math.exp(-odds)), 3))

"""Who is there, known or not, and what was measured of the clip, put together for the answers.

In: presences and a clip's analysis. Out: `Evidence`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from pvchat.identity.competition import figure_groups, is_face_of
from pvchat.perception.bodyfaces import faceless, head_of
from pvchat.perception.boxes import inside
from pvchat.perception.experts.faceprint import NO_FACE, shows_face
from pvchat.perception.experts.figures import MIN_SCORE
from pvchat.perception.posture import facts_by_outline
from pvchat.schemas import ClipAnalysis, FloatArray, IntArray, PersonFacts, PersonPresence, SceneFacts, Thing, Track

_MIN_FACE_FRAMES, _CLEAR_FACE_SCORE = 3, 0.98  # frames, or the face detector's score, from which a stranger is counted
# A face on somebody's shirt: how much wider than hers it is, the share of it that lies on her torso, and of her
# sightings in which it is found at most. [choice]
_LARGER, _ON_TORSO, _NOW_AND_THEN = 1.7, 0.9, 0.4
_MIN_BODY_FRAMES = 5  # frames from which a body without a face is counted: twice seen is seldom anybody else
_CLEAR_FIGURE_SCORE = 0.98  # the locator's score from which a drawn figure is counted
NAMED = 0.8  # probability from which somebody nobody asked about is named beside another [choice]
FEW = 3  # people who are told of where somebody who is asked about isn't there [choice]
STILL_S = 1.5  # seconds up to which a clip is a photo, or as short as one: no times are told of it
Box = tuple[float, float, float, float]  # x0, y0, x1, y1 as fractions of the frame


@dataclass(frozen=True)
class Neighbour:
    """Another person of the clip: where, who if enrolled, in which sampled frames where that is known.

    `sure`: whether the name is sure enough to be told to somebody who asked about another person. `facts`: what was
    measured, of whoever has no name. `track`: index into `ClipAnalysis.tracks`; None for bodies.
    """

    box: Box
    name: str | None = None
    frames: tuple[int, ...] = ()
    sure: bool = True
    facts: PersonFacts = field(default_factory=PersonFacts, hash=False)
    track: int | None = None


@dataclass
class Evidence:
    """What was measured in one clip, by name of the matched people.

    `unknown`: how many people match nobody enrolled, as many as are seen at the same time: by their faces or, where
    that is more, by their bodies.
    """

    facts: dict[str, PersonFacts] = field(default_factory=dict)  # of each present person's track
    boxes: dict[str, Box] = field(default_factory=dict)  # where each present person usually is
    others: list[Neighbour] = field(default_factory=list)  # the clip's other tracks, people asked about among them
    doubtful: list[Neighbour] = field(default_factory=list)  # who may be somebody enrolled, and is nobody for sure
    scene: SceneFacts = field(default_factory=SceneFacts)
    unknown: int = 0
    duration_s: float | None = None  # of the clip, or of the part that is asked about
    things: list[Thing] = field(default_factory=list)  # what is seen beside people, the surest first
    times: list[float] = field(default_factory=list)  # of the sampled frames, by which the things' are numbered
    shots: list[tuple[float, float]] = field(default_factory=list)  # start and end of each, seconds

    @property
    def part(self) -> tuple[float, float] | None:
        """From when to when the clip goes, or the part that is asked about, by the clip's time; None: unknown."""
        start = self.shots[0][0] if self.shots else 0.0
        return None if self.duration_s is None else (start, start + self.duration_s)


def seen_together(mine: Sequence[int], theirs: Sequence[int]) -> bool:
    """Whether two people share a frame: those of two shots are not beside each other; unknown frames may."""
    return not mine or not theirs or bool(set(mine) & set(theirs))


def gather(presences: Sequence[PersonPresence], analysis: ClipAnalysis) -> Evidence:
    """What was measured about the people found present, and about who is with them.

    A person is known by her best track and by others that are likely hers, unless both are seen at the same time.
    """
    tracks = analysis.tracks
    there = {p.name: p.track for p in presences if p.decision == "present" and p.track is not None}
    present = {p.track: p.name for p in sorted(presences, key=lambda p: p.probability) if p.name in there}
    named = {p.track for p in presences if p.track in present and p.probability >= NAMED}
    doubtful = {p.track for p in presences if p.decision == "unsure"} - {None}
    unknown = _unknown_faces(presences, analysis, {*present, *doubtful})
    hers = {i for p in presences if p.decision != "absent" for i in p.tracks}
    near = {*present, *doubtful, *hers, *unknown}
    faces = [t.shown_in for i, t in enumerate(tracks) if t.kind == "face" and i in near]
    by_face = most_at_once([tracks[i].shown_in for i in unknown])
    known = [tracks[i] for i in {*present, *doubtful} if i is not None]
    turned, count = _faceless_people(analysis, faces, known, by_face)
    taken = {i for p in presences if p.decision == "present" for i in (p.track, *p.tracks)}
    perhaps = dict.fromkeys(p.track for p in presences if p.decision == "unsure" and p.track not in taken)
    seen = [
        Neighbour(
            _usual_box(track.boxes), present.get(i), tuple(track.shown_in.tolist()), i in named or i in perhaps,
            in_light(track.facts, analysis.scene), i,
        )
        for i, track in enumerate(tracks)
    ]  # fmt: skip
    return Evidence(
        facts={name: seen[i].facts for name, i in there.items()},
        boxes={name: seen[i].box for name, i in there.items()},
        others=[one for one in seen if one.track in present or one.track in unknown] + turned,
        doubtful=[seen[i] for i in perhaps if i is not None],
        scene=analysis.scene,
        unknown=count,
        duration_s=analysis.duration_s - float(analysis.shots[0, 0]),
        things=analysis.things,
        times=analysis.times.tolist(),
        shots=[(float(start), float(end)) for start, end in analysis.shots],
    )


def few_seen(presences: Sequence[PersonPresence], analysis: ClipAnalysis) -> list[int | None]:
    """The tracks of everybody who is seen, where they are few enough to be told of in somebody else's place."""
    found = gather(presences, analysis)
    return [one.track for one in found.others] if len(found.boxes) + found.unknown <= FEW else []


def _unknown_faces(
    presences: Sequence[PersonPresence], analysis: ClipAnalysis, known: Collection[int | None]
) -> list[int]:
    """The face tracks of people whom nobody knows: who surely is somebody; where nobody is known, who may be.

    A sleeve or a dog, a face on a poster or a pattern is seldom found again, or clearly.
    """
    tracks = analysis.tracks
    for one in presences:
        own = None if one.track is None else tracks[one.track].shown_in
        # never seen at the same time as the best of hers: these may be her, too
        hers = [i for i in one.tracks if own is not None and not len(np.intersect1d(tracks[i].shown_in, own))]
        known = {*known, *hers}
    faces = [i for i, t in enumerate(tracks) if t.kind == "face" and i not in known]
    faces = [i for i in faces if len(tracks[i].shown_in) >= _MIN_FACE_FRAMES or shows_face(tracks[i].prints, NO_FACE)]
    faces = [i for i in faces if not any(_is_print_on(tracks[i], other) for other in tracks)]
    if analysis.scene.drawn:  # there, a face that is found by itself may be a known figure's
        figures = [tracks[i] for i in known if i is not None and tracks[i].kind == "figure"]
        faces = [i for i in faces if not any(is_face_of(tracks[i], figure) for figure in figures)]
    least = min(_MIN_FACE_FRAMES, len(analysis.times))
    sure = [i for i in faces if len(tracks[i].shown_in) >= least or float(tracks[i].scores.mean()) >= _CLEAR_FACE_SCORE]
    return sure or ([] if known else faces)


def _is_print_on(face: Track, other: Track) -> bool:
    """Whether a face larger than somebody's own is always seen on her torso, and only now and then: on a shirt."""
    _, mine, theirs = np.intersect1d(face.frames, other.frames, return_indices=True)
    if face is other or not 0 < len(face) == len(mine) <= _NOW_AND_THEN * len(other):
        return False
    own, hers = face.boxes[mine], other.boxes[theirs]
    larger = float(np.median((own[:, 2] - own[:, 0]) / (hers[:, 2] - hers[:, 0]))) > _LARGER
    return larger and bool((inside(own, other.body_boxes[theirs]).diagonal() >= _ON_TORSO).all())


def one_name_each(presences: Sequence[PersonPresence]) -> list[PersonPresence]:
    """Presences for a list of who is there: of two who are likely the same sighting, the less likely one is unsure.

    Asked about by name each of them is likelier than not; who reads that both are there takes them for two.
    """
    taken: set[int] = set()
    doubtful: set[str] = set()
    for person in sorted(presences, key=lambda p: -p.probability):
        if person.decision != "present" or person.track is None:
            continue
        free = [track for track in (person.track, *person.tracks) if track not in taken]
        taken.update(free[:1])
        if not free:
            doubtful.add(person.name)
    return [replace(p, decision="unsure") if p.name in doubtful else p for p in presences]


def _faceless_people(
    analysis: ClipAnalysis, faces: Sequence[IntArray], known: Sequence[Track], by_face: int
) -> tuple[list[Neighbour], int]:
    """People who are seen without a face, and the number of unknown people in all.

    That number is `by_face`, or, where it is more, how many people are seen at once, with a face (`faces`: in which
    frames) or without, beyond the `known` ones; only then bodies are looked at by themselves. Who falls is one of them
    in any case, be it somebody known who turned away. Drawn figures have no bodies: there, those are counted that the
    locator is sure of.
    """
    if analysis.scene.drawn:
        figures = [t for t in analysis.tracks if t.kind == "figure" and t.scores.max() >= MIN_SCORE]
        sure = [t for t in figures if t.scores.max() >= _CLEAR_FIGURE_SCORE]
        pieces = figure_groups(sure)
        whole = [np.concatenate([sure[i].shown_in for i in np.flatnonzero(pieces == n)]) for n in np.unique(pieces)]
        return [], max(by_face, most_at_once(whole) - len(known), int(bool(figures) and not known))
    least = min(_MIN_BODY_FRAMES, len(analysis.times))
    alone = [body for body in faceless(analysis.bodies, analysis.tracks) if len(body.frames) >= least]
    unknown = most_at_once([*faces, *(body.frames for body in alone)]) - len(known)
    found = []
    for body in (one for one in alone if not any(_is_body_of(one, track) for track in known)):
        facts = facts_by_outline(body, analysis)
        if unknown > by_face or facts.movement:
            head = _usual_box(np.stack([head_of(np.array(box, np.float32)) for box in body.boxes]))
            found.append(Neighbour(head, None, tuple(body.frames), facts=facts))
    return found, max(unknown, by_face, most_at_once([one.frames for one in found if one.facts.movement]))


def _is_body_of(body: Thing, track: Track) -> bool:
    """Whether a track of a person without a face was made of this body (`bodies.body_track`): its box is the head's."""
    if (frame := int(track.frames[0])) not in body.frames:
        return False
    head = head_of(np.array(body.boxes[body.frames.index(frame)], np.float32))
    return np.allclose(head, track.boxes[0], atol=1e-3)


def most_at_once(shown: Sequence[Sequence[int] | IntArray]) -> int:
    """The number of people that tracks with these sampled frames surely show: the most that are seen in one frame.

    One person is followed anew after a cut or behind somebody's back, so tracks are no people. Of a track without
    frames nothing is known, and it counts as a person.
    """
    frames = np.concatenate([np.unique(np.asarray(s, np.int64)) for s in shown] or [np.zeros(0, np.int64)])
    return int(np.bincount(frames).max(initial=0)) + sum(len(s) == 0 for s in shown)


def in_light(facts: PersonFacts, scene: SceneFacts) -> PersonFacts:
    """Facts that allow for dim light, in which every deep colour comes out black: "dark" garments instead."""
    if scene.light != "dark" or scene.drawn or all(garment.colour != "black" for garment in facts.clothes):
        return facts
    return replace(facts, clothes=[replace(g, colour="dark") if g.colour == "black" else g for g in facts.clothes])


def _usual_box(boxes: FloatArray) -> Box:
    """Where a track usually is: the median [4] of its boxes [n, 4]."""
    x0, y0, x1, y1 = (float(v) for v in np.median(boxes, axis=0))
    return x0, y0, x1, y1

"""Made evidence: a scene whose people have names, presences and random facts that fit one another.

In: a laid-out scene (`episodes.py`: a picture's features with people's vectors put into it). Out: what `ask` would know
of such a clip, by its own code (`gather`), so that a model learns from the sentences that it will be given. Who is
there and on which side is true of the scene's vectors; clothes, deeds, things and times are drawn at random, so they
can be learned from the sentences only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pvchat.chat.clip_timeline import hedged, timeline_from
from pvchat.chat.english import HEDGE
from pvchat.chat.say.clauses import worn_said
from pvchat.chat.timeline import Timeline
from pvchat.identity.evidence import Evidence, gather
from pvchat.model.choices import ChoiceKind, choices
from pvchat.perception.sightings import position
from pvchat.schemas import ClipAnalysis, Garment, PersonFacts, PersonPresence, Reason, SceneFacts, Thing, Track, Why
from recipes.model.base.episodes import Cast, ComposedScene

TRAINING_NAMES = (
    "Ana", "Bo", "Carla", "Dev", "Emma", "Farid", "Grace", "Hugo", "Ines", "Jonas", "Kemi", "Liam", "Mei", "Noah",
    "Olga", "Pablo", "Quinn", "Rosa", "Sven", "Tara", "Umar", "Vera", "Wei", "Zoe", "Leonard", "Penny", "Michael",
    "Sheldon", "Dwight", "Pam", "Jim", "Angela", "Oscar", "Stanley", "Ruth", "Marek", "Yusuf", "Aiko", "Chidi",
    "Elif", "Giulia", "Henrik", "Ivana", "Joao", "Katya", "Lena", "Mohammed", "Nadia", "Otto", "Priya", "Rafael",
    "Sofia", "Tomas", "Ursula", "Viktor", "Wanda", "Xavier", "Yara", "Zain", "Bruce", "Chloe", "Diego", "Eun-ji",
    "Fatima", "Goran", "Haruto", "Ilse", "Jorge", "Kofi", "Loki", "Magnus", "Naruto", "Odin", "Pippa", "Raj", "Sakura",
    "Thea", "Usha", "Valentina", "Walter", "Xiu", "Yuki", "Zlatan",
)  # fmt: skip
# names are copied, so there must be many; some get a surname, too
KEPT_NAMES = (
    "Alice", "Ben", "Cleo", "David", "Esther", "Felix", "Gina", "Harry", "Isla", "Jack", "Karim", "Lucy", "Maria",
    "Nico", "Oliver", "Paula", "Rem", "Simon", "Tess", "Uma", "Vincent", "Will", "Yolanda", "Zeno",
)  # fmt: skip  # of validation
_SURNAMES = ("Adams", "Chen", "Garcia", "Kaya", "Lindt", "Moreau", "Novak", "Okafor", "Sato", "Weber")
_GARMENTS = ("shirt", "T-shirt", "sweater", "jacket", "dress", "suit", "top", "top", "top", "trousers", "scrubs",
             "lab coat", "hoodie", "blouse")  # fmt: skip
_SLEEVES = ("long-sleeved", "short-sleeved", "sleeveless")
_COLOURS = ("black", "white", "grey", "dark grey", "light grey", "red", "dark red", "green", "blue", "light blue",
            "dark blue", "yellow", "orange", "purple", "pink", "brown", "beige")  # fmt: skip
_FEATURES = ("a beard", "sunglasses", "a hat", "a face mask", "a cap", "a helmet")
_ACCESSORIES = ("a hat", "a cap", "sunglasses", "glasses", "a tie", "a scarf", "a coat", "a mask", "a suit", "a jacket",
                "headphones", "a dress", "a uniform")  # fmt: skip
_HAIR = ("dark hair", "brown hair", "blonde hair", "grey hair", "red hair", "long dark hair")
_GESTURES = ("smiling", "talking", "nodding", "shaking their head", "raising a hand",
             "looking down", "gesturing with both hands", "looking to the left",
             "looking to the right", "facing the camera", "holding a hand to their face")  # fmt: skip
_MOVES = ("walking or running", "falling")
_HELD = (
    "holding a cup",
    "holding a phone",
    "holding a book",
    "holding a microphone",
    "holding a guitar",
    "holding a laptop",
    "holding an umbrella",
    "holding a racket",
    "holding a bottle",
    "holding a bag",
)
_WITH_A_THING = (
    "eating an apple", "eating a sandwich", "reading a newspaper", "drinking tea", "singing a song", "playing a game",
    "writing a letter", "opening a door", "cutting bread", "washing dishes", "hugging anyone", "carrying a box",
    "driving a car", "riding a bike", "watching a film", "kneeling on the floor", "leaning on a wall", "crying",
    "sleeping", "jumping", "running", "laughing", "shouting",
)  # fmt: skip
_SPOTS = (
    "on the phone", "on the floor", "on a ladder", "on a horse", "on the roof", "on the grass", "at the door", "in bed",
    "at the window", "at a desk", "in a hurry", "in a car", "in the water", "in the rain", "in the sun", "on a train",
    "in the shade", "in a corner", "on the stairs", "in a crowd", "at work",
)  # fmt: skip
_SEATS = ("on a sofa", "on a chair", "on a bed", "on a bench")
_PLACES = ("an office", "a kitchen", "a bedroom", "a restaurant", "a gym", "a street", "a beach", "a forest", "a field",
           "a stage", "a library", "a shop")  # fmt: skip
_BACKGROUNDS = ("a grey background", "a dark background", "a blue wall", "a white wall", "a brown background")
_THINGS = ("chair", "dining table", "laptop", "cup", "bottle", "book", "couch", "potted plant", "tv", "car", "dog",
           "cat", "bicycle", "cell phone", "backpack", "bed", "clock", "vase")  # fmt: skip
_HARD: tuple[Reason, ...] = ("small", "turned", "masked", "blurred")
SURFACES = ("chair", "couch", "bench", "bed", "dining table")  # things on which others stand
_SMALL = ("laptop", "cup", "bottle", "book", "cell phone", "vase", "bowl", "remote")


@dataclass(frozen=True)
class Sheet:
    """What is known of one made clip.

    Attributes:
        scene: its features.
        presences: of everyone enrolled.
        enrolled: by name, rows of the faces that each was enrolled on.
        evidence: what was measured.
        timeline: the same as rows, sometimes with a place chosen from the list.
    """

    scene: ComposedScene
    presences: list[PersonPresence]
    enrolled: dict[str, list[int]]
    evidence: Evidence
    timeline: Timeline


@dataclass(frozen=True)
class Maker:
    """Makes sheets of one split.

    Attributes:
        cast: its identities.
        row_of: row of each face by file.
        names: to choose from.
    """

    cast: Cast
    row_of: dict[str, int]
    names: Sequence[str]

    def make(self, scene: ComposedScene, rng: np.random.Generator) -> Sheet:
        """One sheet about a scene: most of its people are enrolled, and some who aren't in it."""
        analysis = _with_facts(scene.analysis, rng)
        known = [i for i in range(len(scene.people)) if rng.random() < 0.85]
        there = {scene.people[i].identity for i in range(len(scene.people))}
        away = self._away(there, (0, 1, 1, 1, 2, 2, 5, 18)[rng.integers(8)] if known else 1, rng)
        names = self._names(len(known) + len(away), rng)
        presences, enrolled = [], {}
        for name, i in zip(names, known, strict=False):
            person = scene.people[i]
            presences.append(_presence(name, i, analysis, rng))
            enrolled[name] = self.cast.enroll(person.identity, self.row_of.get(person.file), rng)
        for name, identity in zip(names[len(known) :], away, strict=True):
            presences.append(PersonPresence(name, "absent", round(float(rng.uniform(0, 0.2)), 3)))
            enrolled[name] = self.cast.enroll(identity, None, rng)
        evidence = gather(presences, analysis)
        timeline = timeline_from(evidence, presences, analysis)
        if evidence.scene.place is None and rng.random() < 0.4:
            place = replace(
                hedged("", "place", _chosen("location", rng)), start_s=timeline.start_s, end_s=timeline.end_s
            )
            timeline = replace(timeline, rows=(*timeline.rows, place))
        return Sheet(replace(scene, analysis=analysis), presences, enrolled, evidence, timeline)

    def _names(self, count: int, rng: np.random.Generator) -> list[str]:
        chosen = [str(n) for n in rng.permutation(list(self.names))[:count]]
        return [f"{n} {_choice(rng, _SURNAMES)}" if rng.random() < 0.15 else n for n in chosen]

    def _away(self, there: set[str], count: int, rng: np.random.Generator) -> list[str]:
        """Identities that are not in the scene, half of them look-alikes of somebody who is."""
        found: list[str] = []
        count = min(count, len(set(self.cast.names) - there))  # a small set may have no more
        while len(found) < count:
            alike = there and rng.random() < 0.5
            name = (
                self.cast.look_alike(str(_choice(rng, sorted(there))), rng)
                if alike
                else str(_choice(rng, self.cast.names))
            )
            if name not in there and name not in found:
                found.append(name)
        return found


def worn(facts: PersonFacts) -> list[str]:
    """What somebody wears, each as it is told ("a red shirt")."""
    return [_garment_words(g) for g in facts.clothes]


def any_garment(rng: np.random.Generator) -> str:
    """A garment, of a colour in two of three cases."""
    return _garment_words(_garment(rng, 0.67))


def _garment_words(garment: Garment) -> str:
    return worn_said(" ".join(filter(None, (garment.sleeves, garment.kind))), garment.colour or "")


def any_deed(rng: np.random.Generator) -> str:
    """Something that somebody may do."""
    return str(_choice(rng, (*_GESTURES[:6], *(c.said for c in choices("action")))))


def any_deed_with_a_thing(rng: np.random.Generator) -> str:
    """Something that somebody may do and that is seldom measured."""
    return str(_choice(rng, _WITH_A_THING))


def any_spot(rng: np.random.Generator) -> str:
    """Where somebody may be, and what is seldom measured."""
    return str(_choice(rng, _SPOTS))


def any_colour(rng: np.random.Generator) -> str:
    """A colour of clothes."""
    return str(_choice(rng, _COLOURS))


def any_accessory(rng: np.random.Generator) -> str:
    """Something that may be worn and often isn't measured."""
    return str(_choice(rng, _ACCESSORIES))


def any_place(rng: np.random.Generator) -> str:
    """Somewhere to be."""
    return str(_choice(rng, _PLACES))


def any_hair(rng: np.random.Generator) -> str:
    """Hair or a beard."""
    return str(_choice(rng, (*_HAIR, "a beard")))


def any_thing(rng: np.random.Generator) -> str:
    """COCO's word for a thing."""
    return str(_choice(rng, _THINGS))


def _with_facts(analysis: ClipAnalysis, rng: np.random.Generator) -> ClipAnalysis:
    """The scene as a clip of random length, its people and itself with random facts."""
    frames = len(analysis.times)
    still = frames == 1 and rng.random() < 0.2
    length = 1.0 if still else float(np.exp(rng.uniform(np.log(4), np.log(120))))
    times = ((np.arange(frames) + 0.5) * length / frames).astype(np.float32)
    scene = SceneFacts(
        place=_perhaps(rng, 0.35, _PLACES), setting=_perhaps(rng, 0.5, ("indoors", "outdoors")),
        light="dark" if rng.random() < 0.1 else None,
        background=_perhaps(rng, 0.3, _BACKGROUNDS), drawn=bool(rng.random() < 0.08),
    )  # fmt: skip
    made = replace(analysis, duration_s=length, times=times, scene=scene, shots=np.array([[0.0, length]], np.float32))
    tracks = [replace(t, facts=_facts(t, made, rng)) for t in made.tracks]
    return replace(made, tracks=tracks, things=_things(frames, rng))


def _facts(track: Track, analysis: ClipAnalysis, rng: np.random.Generator) -> PersonFacts:
    pose = _perhaps(rng, 0.6, ("standing", "sitting", "sitting", "lying down"))
    sits = pose in ("sitting", "lying down")
    clothes = [_garment(rng) for _ in range((0, 1, 1, 1, 2)[rng.integers(5)])]
    return PersonFacts(
        where=position(track, analysis),
        clothes=clothes if len({g.kind for g in clothes}) == len(clothes) else clothes[:1],
        hair=_perhaps(rng, 0.4, _HAIR),
        features=[f] if (f := _perhaps(rng, 0.3, _FEATURES)) else [],
        gender=_perhaps(rng, 0.7, ("man", "woman")),
        pose=pose,
        movement=None if sits else _perhaps(rng, 0.3, _MOVES),
        gestures=[str(g) for g in rng.permutation(_GESTURES)[: (0, 0, 1, 1, 2)[rng.integers(5)]]],
        deed=_perhaps(rng, 0.2, _HELD) or (_chosen("action", rng) if rng.random() < 0.3 else None),
        seat=_perhaps(rng, 0.4, _SEATS) if sits else None,
    )


def _presence(name: str, track: int, analysis: ClipAnalysis, rng: np.random.Generator) -> PersonPresence:
    """Somebody in the scene, most surely found."""
    length = analysis.duration_s
    if rng.random() < 0.15:
        hard = tuple(_HARD[int(i)] for i in rng.permutation(len(_HARD))[: (0, 1, 1, 2)[rng.integers(4)]])
        why = Why("likeness", hard, float(rng.uniform(0, length))) if rng.random() < 0.7 else None
        return PersonPresence(name, "unsure", round(float(rng.uniform(0.35, 0.6)), 3), track=track, why=why)
    cuts = np.sort(rng.uniform(0, length, 2 * (1, 1, 2, 2, 3, 4, 5, 7)[rng.integers(8)]))
    spans = [(round(float(a), 2), round(float(b), 2)) for a, b in cuts.reshape(-1, 2) if b - a > 0.5]
    whole = rng.random() < 0.4 or not spans
    return PersonPresence(
        name, "present", round(float(rng.uniform(0.8, 1)), 3), [(0.0, length)] if whole else spans, track, (track,)
    )


def _things(frames: int, rng: np.random.Generator) -> list[Thing]:
    found = []
    for _ in range((0, 0, 1, 2, 3)[rng.integers(5)]):
        x, y, w, h = rng.uniform((0, 0.2, 0.1, 0.1), (0.7, 0.6, 0.3, 0.4))
        box = [round(float(v), 3) for v in (x, y, x + w, y + h)]
        found.append(Thing(any_thing(rng), 0.9, list(range(frames)), [box] * frames, [0.9] * frames))
    for table in [t for t in found if t.label in SURFACES][:1]:
        x0, y0, x1, _ = table.boxes[0]
        for _ in range((0, 1, 2)[rng.integers(3)]):
            x = float(rng.uniform(x0, x1 - 0.05))
            box = [round(v, 3) for v in (x, y0 - 0.1, x + 0.05, y0 + 0.01)]
            found.append(Thing(str(_choice(rng, _SMALL)), 0.9, list(range(frames)), [box] * frames, [0.9] * frames))
    return found


def _chosen(kind: ChoiceKind, rng: np.random.Generator) -> str:
    """A deed or a place as `chat/speakers/claims.py` fills a gap: for sure or likely, one or a group of them."""
    one = _choice(rng, choices(kind))
    told = one.said if rng.random() < 0.6 else one.group
    return told if rng.random() < 0.5 else f"{HEDGE} {told}"


def _garment(rng: np.random.Generator, coloured: float = 0.85) -> Garment:
    kind = str(_choice(rng, _GARMENTS))
    sleeves = _perhaps(rng, 0.6, _SLEEVES) if kind == "top" else None
    return Garment(kind, _perhaps(rng, coloured, _COLOURS), 0.9, sleeves)


def _perhaps(rng: np.random.Generator, share: float, of: Sequence[str]) -> str | None:
    return str(_choice(rng, of)) if rng.random() < share else None


def _choice(rng: np.random.Generator, of: Sequence[Any]) -> Any:
    return of[int(rng.integers(len(of)))]

"""Facts measured about one person of a clip: clothes, hair, headgear, where in the frame.

In: a clip's frames, a track, the heads of `experts/attributes.py`. Out: `PersonFacts` (where, shot, clothes with
colours, hair, features, what is lacking, gender). Nothing is guessed: a field is set only when enough of the best
sightings agree or a head passes the threshold at which its precision was validated. Drawn figures get colours, position
and what their faces show (`drawnheads.py`): the other heads were trained on photos.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy

import numpy as np

from pvchat.perception import cloth, collars, colours, drawnheads, garments
from pvchat.perception.boxes import below, body_box, bust_box, crop, head_box
from pvchat.perception.experts.attributes import Attribute
from pvchat.perception.experts.collection import Experts
from pvchat.perception.experts.mesh import WideFaceDetector
from pvchat.perception.gender import gender_of_track
from pvchat.perception.sightings import MASK, Pictured, pictured, position, shot_size, skin_colour
from pvchat.perception.sleeves import sleeves
from pvchat.schemas import ClipAnalysis, Garment, PersonFacts, Track
from pvchat.video import Clip

# What isn't worn; glasses: right on photos, wrong on footage; `motion.wears_glasses` tells them
_NO_FEATURES = {"smiling", "man", "woman", "glasses"}
_HALF = 0.5  # share of the sightings of a drawn face that must agree on the colour below it
_SHOWN = 0.13  # share of the torso that must be in the frame


def recognise_person(clip: Clip, track: Track, analysis: ClipAnalysis, *, experts: Experts) -> PersonFacts:
    """What tells who it is, and where: place, size, and what the head wears, for a mask hides a face.

    `analysis` has the clip's other tracks, for who is nearer.
    """
    facts, seen = PersonFacts(shot=shot_size(track), where=position(track, analysis)), pictured(clip, track)
    if track.kind == "face":
        heads = [crop(one.image, head_box(one.box)) for one in seen]
        looks = experts.frames.pooled(heads)
        claims, read = experts.heads.claims("head", looks), experts.headlooks.look(heads, looks)
        _claim_head(facts, claims, read.shown)
        said = next((claim for claim in claims if claim.label in ("man", "woman")), None)
        shown = {*facts.features, *facts.headwear, facts.hair}
        facts.lacking = [label for label in read.lacking if label not in shown]
        if (gender := gender_of_track(track, said)) is not None:
            facts.gender, facts.confidence["gender"] = gender.label, gender.confidence
        if read.colour and not seen.grey and shown.isdisjoint(("a hat", "a helmet")):
            facts.hair = f"{(facts.hair or 'hair').removesuffix('hair')}{read.colour} hair"  # "long dark hair"
    return facts


def _claim_head(facts: PersonFacts, claims: Sequence[Attribute], second: Sequence[Attribute]) -> None:
    """What the head wears, and long hair, by two heads.

    What hides a face (`features`) is the first one's: faces are compared by it. Blurred and turned faces look masked to
    it alone, so that a mask needs both. What only the second one finds is told, and hides nothing.
    """
    agreed = {claim.label: claim.confidence for claim in second}
    for claim in claims:
        if claim.label not in _NO_FEATURES and (claim.label != MASK or claim.label in agreed):
            facts.features.append(claim.label)
            facts.confidence[claim.label] = claim.confidence
    hats = () if "a hat" in facts.features else ("a helmet", "a hat")
    facts.headwear = [label for label in hats if label in agreed][:1]  # one thing on one head
    if "sunglasses" in agreed and "sunglasses" not in facts.features:
        facts.headwear.append("sunglasses")
    facts.confidence |= {label: round(agreed[label], 3) for label in facts.headwear}
    facts.hair = next((length for length in ("long hair", "short hair") if length in agreed), None)


def measure_person(clip: Clip, seen: Pictured, analysis: ClipAnalysis, *, experts: Experts) -> PersonFacts:
    """What `recognise_person` found of a track, with clothes and hair, and of drawn figures what the face shows.

    `analysis` has those tracks that may stand in front of it.
    """
    facts = deepcopy(seen.track.facts)
    if seen.track.kind == "face":
        length = None if seen.grey else sleeves(seen)
        worn = _claim_body(facts, seen, experts, length)
        facts.clothes = _clothes_of_face(clip, seen, analysis.tracks, worn, length)
        if analysis.scene.drawn:  # the second head was fitted to photos and film
            facts.confidence = {k: v for k, v in facts.confidence.items() if k not in facts.headwear}
            facts.headwear, facts.lacking, facts.hair = [], [], None
    elif analysis.scene.drawn and not seen.grey:
        shown, looks = drawnheads.read_heads(seen, experts.frames)
        shots = analysis.shot_of(analysis.times[seen.track.frames[seen.rows]])
        gestures = dict(drawnheads.drawn_gestures(shown, shots))
        facts.gestures, facts.confidence = list(gestures), facts.confidence | gestures
        facts.gender, sure, colour = drawnheads.drawn_looks(shown, looks)
        facts.confidence |= {"gender": round(sure, 3)} if facts.gender else {}
        facts.hair = f"{colour} hair" if colour else None
        _dress_drawn(facts, seen, experts.faces.wide, analysis.scene.background)
    else:
        facts.clothes = _top(_torso_colours(seen))
    return facts


def _dress_drawn(facts: PersonFacts, seen: Pictured, detector: WideFaceDetector, background: str | None) -> None:
    """Clothes of a drawn figure, below the face; without one in the box, but for the background."""
    found = [(one.image, drawnheads.face_in(one.image, one.box, detector)) for one in seen]
    faces = [(image, face) for image, face in found if face is not None]
    said = [
        cloth.colour_of(image, below(face, 0.7, 0.4, 1.3), skin_colour(image, face), False) for image, face in faces
    ]
    if any(said):  # beside a small face there may be hair or wall: then colours change
        facts.clothes = [garment for garment in _top(said) if garment.confidence >= _HALF]
    else:
        facts.clothes = [g for g in _top(_torso_colours(seen)) if background != f"a {g.colour} background"]
    if facts.hair is None and not faces:  # a head that turns away
        colour = drawnheads.drawn_hair(seen)
        facts.hair = None if colour and background == f"a {colour.removesuffix(' hair')} background" else colour


def _top(said: Sequence[str | None]) -> list[Garment]:
    """A top of the colour that most sightings say; nothing where they don't agree."""
    colour, agreed = colours.vote(said)
    return [Garment("top", colour, round(agreed, 3))] if colour else []


def _claim_body(facts: PersonFacts, seen: Pictured, experts: Experts, length: str | None) -> list[Attribute]:
    """The kind of the outer garment with what belongs to it."""
    bodies = [(one, body_box(one.box)) for one in seen]
    inside = [(one, box) for one, box in bodies if min(box[3], 1.0) - box[1] > _SHOWN * (box[3] - box[1])]
    if not inside:
        return []
    torsos = [crop(one.image, box) for one, box in inside]
    busts = [crop(one.image, bust_box(one.box)) for one in seen]
    # half of the sightings tell as much
    below, whole = (experts.clothes.pooled(crops[::2]).mean(0) for crops in (torsos, busts))
    shares = garments.garment_shares(below, whole, length, facts.gender)
    torso = np.asarray(seen.track.body[[one.row for one, _ in inside]], np.float32)
    p, of_bust = (experts.imagenet.probabilities(one).mean(0) for one in (torso, experts.frames.pooled(busts)))
    return garments.garment_claims(shares, p, of_bust, facts.gender)


def _clothes_of_face(
    clip: Clip, seen: Pictured, others: Sequence[Track], worn: list[Attribute], length: str | None
) -> list[Garment]:
    """Garments of somebody whose face is seen, the outer one first: kinds from the claims, colours from the pixels."""
    track, kinds = seen.track, [claim.label for claim in worn]
    main = next((kind for kind in kinds if kind not in garments.ACCESSORIES), None)
    if seen.grey:
        colour, agreed = colours.vote(_torso_colours(seen))
    else:
        colour, agreed = cloth.worn_colour(clip, track, others, main in garments.OPEN)
    if main is None and colour is None:
        return []
    sure = next((c.confidence for c in worn if c.label == main), agreed)
    found = [Garment(main or "top", colour, round(sure, 3), None if main else length)]
    if main in garments.OUTER and "tie" in kinds and not seen.grey:
        found += collars.shirt_under_tie(seen, colour)
    return found + [Garment(c.label, None, round(c.confidence, 3)) for c in worn if c.label in garments.ACCESSORIES]


def _torso_colours(seen: Pictured) -> list[str | None]:
    return [cloth.colour_of(one.image, one.torso, None, seen.grey) for one in seen]

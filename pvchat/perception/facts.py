"""Facts measured about one person of a clip and about its scene.

In: a clip's frames, a track, the heads of `experts/attributes.py`. Out: `PersonFacts` (where, shot, clothes with
colours, hair, features, gender, what is held) and `SceneFacts`. Nothing is guessed: a field is set only when enough of
the best sightings agree or a head passes the threshold at which its precision was validated. Pose, movement and
gestures come from `motion.py`, sleeves and trousers from `sleeves.py`, what shows at the neck from `collars.py`. Drawn
figures get colours, position and whether they look ahead: the heads were trained on photos.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pvchat.perception import cloth, colours, drawnheads, garments, hair
from pvchat.perception.drawnheads import DrawnHeads
from pvchat.perception.experts.attributes import Attribute, body_box, bust_box, crop, head_box
from pvchat.perception.sightings import best_sightings, shot, skin_colour, torso_box, where
from pvchat.schemas import ClipAnalysis, FloatArray, Garment, IntArray, PersonFacts, Track

if TYPE_CHECKING:
    from pvchat.perception.experts.collection import Experts
    from pvchat.video import Clip

_NOT_WORN = {"smiling", "man", "woman", "blonde"}
_NOT_SAID = {"glasses"}  # right on photos, wrong on footage; `motion.wears_glasses` tells them
_HELD = {650: "a microphone", 504: "a cup", 968: "a cup", 487: "a phone", 402: "a guitar", 546: "a guitar",
         889: "a violin", 879: "an umbrella", 681: "a laptop", 620: "a laptop",
         752: "a racket", 764: "a rifle"}  # fmt: skip
_IMAGENET_SURE = 0.6
_LOCATED = 2  # meshes that must fit in the locator's boxes, where no face is found in any
_DRAWN_GAZE = 0.7  # how sure it is that a drawn face looks ahead
_SHIRTS = ("white", "light grey", "light blue", "pink", "blue")  # colours that are told of a shirt under something
_BOOKS, _BOOKS_SURE = [453, 454, 624], 0.4  # bookcase, bookshop, library: what stands behind somebody


def recognise_person(clip: Clip, track: Track, analysis: ClipAnalysis, *, experts: Experts) -> PersonFacts:
    """What tells who it is, and where: place, size, and what the head wears, for a mask hides a face.

    Args:
        clip: T frames; track.frames index into them.
        track: n sightings.
        analysis: the clip's other tracks, for who is nearer.
        experts: the networks.
    """
    facts, best = PersonFacts(), best_sightings(track)
    facts.shot, facts.where = shot(track), where(track, analysis)
    if track.kind == "face":
        heads = [crop(clip.images[track.frames[i]], head_box(track.boxes[i])) for i in best]
        _claim_head(facts, experts.heads.claims("head", experts.frames.pooled(heads)))
    return facts


def measure_person(
    clip: Clip,
    track: Track,
    analysis: ClipAnalysis,
    *,
    experts: Experts,
    heads: DrawnHeads | None = None,
) -> PersonFacts:
    """What can be said of one track: what `recognise_person` found, in `track.facts`, and clothes, hair and things.

    Args:
        clip: T frames; track.frames index into them.
        track: n sightings, with facts.
        analysis: the clip, for what the whole frames show.
        experts: the networks.
        heads: finds the faces of drawn figures; None: not looked for.
    """
    facts, best = deepcopy(track.facts), best_sightings(track)
    images = [clip.images[track.frames[i]] for i in best]
    grey = colours.is_grey_scale(np.stack(images))
    if track.kind == "face":
        facts.activity = _activity(facts, analysis, experts)
        _measure_face(facts, clip, track, analysis.tracks, grey, experts)
    elif heads is not None and not grey:
        _measure_drawn(facts, track, best, images, heads, analysis.scene.background)
    else:
        facts.clothes = _clothes_of_figure(track, best, images, grey)
        drawn = analysis.scene.drawn and not grey  # the hair of a body that turns away is too small to tell
        facts.hair = hair.drawn([track.boxes[i] for i in best], images) if drawn else None
    return facts


def _measure_face(
    facts: PersonFacts, clip: Clip, track: Track, others: Sequence[Track], grey: bool, experts: Experts
) -> None:
    """What is worn and held, and the hair, of somebody whose face is seen."""
    best = best_sightings(track)
    images = [clip.images[track.frames[i]] for i in best]
    body = _body_features(track, best, images, experts)
    bust = experts.frames.pooled([crop(im, bust_box(track.boxes[i])) for i, im in zip(best, images, strict=True)])
    facts.clothes = _clothes_of_face(clip, track, others, _claim_body(facts, experts, body, bust), grey)
    if "a hat" not in facts.features:
        facts.hair = hair.photographed(track, best, images, grey) or facts.hair


def _measure_drawn(
    facts: PersonFacts,
    track: Track,
    best: IntArray,
    images: Sequence[NDArray[np.uint8]],
    heads: DrawnHeads,
    background: str | None,
) -> None:
    """Hair and clothes of a drawn figure: above and below the face where one is found, else by the locator's box.

    By that nothing is told that has the colour of the background: a rough box may hold that only.
    """
    faces = heads.faces(images, track.boxes[best])
    seen = [(image, face) for image, face in zip(images, faces, strict=True) if face is not None]
    facts.clothes = _drawn_clothes(seen) or [
        garment
        for garment in _clothes_of_figure(track, best, images, False)
        if background != f"a {garment.colour} background"
    ]
    shown = [image for image, _ in seen]
    ahead = heads.look_ahead(shown, [face for _, face in seen])
    if ahead or not seen and heads.look_ahead(images, list(track.boxes[best]), least=_LOCATED):
        facts.gestures, facts.confidence["looking ahead"] = ["looking ahead"], _DRAWN_GAZE
    if seen:
        facts.hair = hair.drawn([drawnheads.hair_of(face) for _, face in seen], shown, whole=True)
    else:
        told = hair.drawn([track.boxes[i] for i in best], images)
        facts.hair = None if told and background == f"a {told.removesuffix(' hair')} background" else told


def _drawn_clothes(seen: Sequence[tuple[NDArray[np.uint8], FloatArray]]) -> list[Garment]:
    """What is worn below the faces of pictures, by its colour; nothing where they don't agree."""
    boxed = [(image, drawnheads.clothes_of(face), skin_colour(image, face)) for image, face in seen]
    return _top([cloth.colour_of(*row, False) for row in boxed])


def _top(said: Sequence[str | None]) -> list[Garment]:
    """A top of the colour that most sightings say."""
    colour, agreed = colours.vote(said)
    return [Garment("top", colour, round(agreed, 3))] if colour else []


def _body_features(track: Track, best: IntArray, images: Sequence[NDArray[np.uint8]], experts: Experts) -> FloatArray:
    """[B, 1280] of the torso crops that lie at least half in the frame; the track's own features where it has them."""
    boxes = [body_box(track.boxes[i]) for i in best]
    inside = [k for k, box in enumerate(boxes) if min(box[3], 1.0) - box[1] > 0.3 * (box[3] - box[1])]
    if not inside:
        return np.zeros((0, 1280), np.float32)
    if track.body[best[inside]].any():
        return np.asarray(track.body[best[inside]], np.float32)
    return experts.frames.pooled([crop(images[k], boxes[k]) for k in inside])


def _claim_head(facts: PersonFacts, claims: list[Attribute]) -> None:
    for claim in claims:
        if claim.label in _NOT_SAID:
            continue
        if claim.label in ("man", "woman") and facts.gender is None:
            facts.gender, facts.confidence["gender"] = claim.label, claim.confidence
        elif claim.label == "blonde":
            facts.hair = "blonde hair"
        elif claim.label not in _NOT_WORN:
            facts.features.append(claim.label)
            facts.confidence[claim.label] = claim.confidence


def _activity(facts: PersonFacts, analysis: ClipAnalysis, experts: Experts) -> str | None:
    """What the whole frames show being done, said of whoever is seen from far enough to be doing it."""
    if facts.shot == "close-up" or len(analysis.frame_features) == 0:
        return None
    claims = experts.heads.claims("frame", np.asarray(analysis.frame_features, np.float32).mean(1))
    if any(claim.kind == "drawn" for claim in claims):  # sports were learned from photos
        return None
    found = next((claim for claim in claims if claim.kind == "activity"), None)
    if found is None:
        return None
    facts.confidence["activity"] = found.confidence
    return found.label


def _claim_body(facts: PersonFacts, experts: Experts, body: FloatArray, bust: FloatArray) -> list[Attribute]:
    """Garments that the heads or the ImageNet classifier are sure of; sets `holding` and `near` too.

    Args:
        facts: filled in.
        experts: the networks.
        body: [B, 1280] of torso crops; B may be 0.
        bust: [n, 1280] of bust crops.
    """
    behind = experts.imagenet.probabilities(bust)
    if float(behind[:, _BOOKS].sum(1).mean()) >= _BOOKS_SURE:
        facts.near.append("before bookshelves")
        facts.confidence["before bookshelves"] = round(float(behind[:, _BOOKS].sum(1).mean()), 3)
    if len(body) == 0:
        return []
    p = experts.imagenet.probabilities(body)
    facts.holding = _imagenet(p, _HELD, _IMAGENET_SURE)
    return garments.classified(experts.heads.claims("body", body), p.mean(0), behind.mean(0), facts.gender)


def _imagenet(p: FloatArray, table: dict[int, str], sure: float) -> str | None:
    """The word whose classes' mean probability over the crops [B, 1000] is largest, if it is at least `sure`."""
    mean, sums = p.mean(0), dict[str, float]()
    for i, name in table.items():
        sums[name] = sums.get(name, 0.0) + float(mean[i])
    name = max(sums, key=lambda n: sums[n])
    return name if sums[name] >= sure else None


def _clothes_of_face(
    clip: Clip, track: Track, others: Sequence[Track], worn: list[Attribute], grey: bool
) -> list[Garment]:
    """Garments of somebody whose face is seen, the outer one first: kinds from the claims, colours from the pixels."""
    best, kinds = best_sightings(track), [claim.label for claim in worn]
    images, torsos = [clip.images[track.frames[i]] for i in best], [torso_box(track, int(i)) for i in best]
    main = _main_kind(kinds)
    if grey:
        colour, agreed = colours.vote([cloth.colour_of(*row, None, True) for row in zip(images, torsos, strict=True)])
    else:
        colour, agreed = cloth.worn_colour(clip, track, others, main in garments.OPEN)
    if main is None and colour is None:
        return []
    sure = next((c.confidence for c in worn if c.label == main), agreed)
    found = [Garment(main or "top", colour, round(sure, 3))]
    if main in garments.OUTER and ("tie" in kinds or "shirt" in kinds):
        skins = [None if grey else skin_colour(image, track.boxes[i]) for i, image in zip(best, images, strict=True)]
        collars = [_collar_box(torso, track.boxes[i]) for i, torso in zip(best, torsos, strict=True)]
        rows = zip(images, collars, skins, strict=True)
        below, share = colours.vote([cloth.colour_of(*row, grey) for row in rows])
        if below in _SHIRTS and below != colour:
            found.append(Garment("shirt", "white" if below == "light grey" else below, round(share, 3)))
    return found + [Garment(c.label, None, round(c.confidence, 3)) for c in worn if c.label in garments.ACCESSORIES]


def _clothes_of_figure(track: Track, best: IntArray, images: Sequence[NDArray[np.uint8]], grey: bool) -> list[Garment]:
    """What is worn by somebody whose face isn't seen, by its colour; nothing where the sightings don't agree."""
    rows = [(image, torso_box(track, int(i))) for i, image in zip(best, images, strict=True)]
    return _top([cloth.colour_of(*row, None, grey) for row in rows])


def _main_kind(kinds: Sequence[str]) -> str | None:
    """What the outer garment is: what was claimed first, else a suit for a tie, else a shirt."""
    outer = (kind for kind in kinds if kind not in (*garments.ACCESSORIES, "shirt"))
    return next(outer, "suit" if "tie" in kinds else "shirt" if "shirt" in kinds else None)


def _collar_box(torso: FloatArray, face: FloatArray) -> FloatArray:
    """Where the shirt shows in an open jacket: a narrow strip under the chin."""
    x, half, height = (torso[0] + torso[2]) / 2, 0.18 * (face[2] - face[0]), face[3] - face[1]
    return np.array([x - half, face[3] + 0.1 * height, x + half, face[3] + 0.9 * height], np.float32)

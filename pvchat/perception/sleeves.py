"""How long the sleeves are, and what covers the legs: looked up along the joints of the pose.

Skin is what has the colour of the face; a sleeve must have a colour of the torso, for an arm that is found a little
beside itself shows the wall. Lengths are in face heights of the person in question.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pvchat.perception import colours, garments
from pvchat.perception.boxes import crop
from pvchat.perception.experts import body
from pvchat.perception.sightings import Picture, Pictured
from pvchat.schemas import FloatArray, Garment, Pixels

_SEEN = 0.8  # visibility from which a joint is believed
_PATCH = 0.14  # half the side of the square that is looked at
_UPPER, _LOWER = (0.45, 0.65, 0.8), (0.3, 0.5, 0.7)  # where on the way from shoulder to elbow, elbow to wrist
_CLOTH = 22.0  # difference in CIELAB up to which a patch is of the torso's cloth
_FEW, _OFTEN = 3, 0.4  # arms, over all sightings, that must say something; share of all that are seen
_AGREE = 0.8  # share of them that must say the same
_LEGS_SURE = 0.7  # confidence of trousers [choice]
_LEGS, _LONG = 0.25, 1.1  # of the way from hip to knee that must be in the picture; length of a thigh from the side
_SKINS = ("brown", "beige", "pink", "orange")  # legs of somebody whose face isn't seen may be bare


def add_trousers(seen: Pictured) -> None:
    """Add trousers to the clothes of somebody seen in colour who stands or falls, or whose legs are seen whole."""
    track, facts = seen.track, seen.track.facts
    main = facts.clothes[0] if facts.clothes else None
    if seen.grey or not (facts.pose or facts.movement) or (main and main.kind in garments.WHOLE):
        return
    # whoever falls is seen whole before: no table hides the thighs
    stands = facts.pose == "standing" and track.kind == "face" or facts.movement == "falling"
    if facts.gender == "woman" and not stands:  # below a hem are tights and boots
        return
    legs = leg_colour(seen, stands)
    if legs is None or (track.kind == "figure" and colours.family(legs) in _SKINS):
        return
    worn = (main.colour if main else None) or ""
    # of a woman in one colour from top to bottom it may be a coat or dress; of who doesn't stand, the hem of that
    same = legs == worn if stands else colours.family(legs) == colours.family(worn)
    if not same or (stands and facts.gender != "woman"):
        facts.clothes.insert(1, Garment("trousers", legs, _LEGS_SURE))


def sleeves(seen: Pictured) -> str | None:
    """How long they are on a face track, where most arms that are seen agree; None where arms aren't seen."""
    said = [word for one in seen for word in _sleeve_lengths(one)]
    lengths = [word for word in said if word is not None]
    if len(lengths) < max(_FEW, _OFTEN * len(said)):
        return None
    name = max(sorted(set(lengths)), key=lengths.count)
    return name if lengths.count(name) >= _AGREE * len(lengths) else None


def leg_colour(seen: Pictured, stands: bool = True) -> str | None:
    """The colour of what covers the legs, where they are seen; None where that is skin.

    Of who stands by the thighs. Of others by the lower legs or, where these aren't seen, by thighs that don't point at
    the camera: laps are behind tables and under hands.
    """
    said: list[str | None] = []
    for one in seen:
        if np.isnan(one.joints).any():
            continue
        pixels = _thighs(one) if stands else _legs_from_the_side(one)
        if len(pixels) < 2:
            continue
        flat = np.concatenate(pixels)
        bare = seen.track.kind == "face" and float(colours.skin_like(flat, one.skin).mean()) > 0.5
        said.append(None if bare else colours.name_colours(colours.dominant(flat, colours.cast(one.image))))
    name, share = colours.vote(said)
    return name if len(said) >= min(2, len(seen.rows)) and share >= _AGREE else None


def _thighs(one: Picture) -> list[Pixels]:
    """Patches' pixels [N, 3] on the thighs whose hips are seen, as far as they are in the picture."""
    joints, pixels = one.joints, list[Pixels]()
    for hip, knee in body.THIGHS:
        way = joints[hip, :2] + np.outer((0.3, 0.5, _LEGS), joints[knee, :2] - joints[hip, :2])
        if joints[hip, 3] >= _SEEN and _inside(way[2]):
            pixels += [_patch(one, point) for point in way[:2] if _inside(point)]
    return pixels


def _legs_from_the_side(one: Picture) -> list[Pixels]:
    """The same on the lower legs that are seen whole, else on such thighs, if they are long."""
    joints, height = one.joints, float(one.box[3] - one.box[1])
    rows, columns = one.image.shape[:2]
    for parts, along, least in ((body.SHINS, (0.15, 0.4), 0.0), (body.THIGHS, (0.5, 0.7), _LONG * height)):
        ends = [joints[list(part)] for part in parts]
        whole = [e[:, :2] for e in ends if (e[:, 3] >= _SEEN).all() and all(map(_inside, e[:, :2]))]
        ways = [(start, end - start) for start, end in whole]
        ways = [(at, way) for at, way in ways if np.hypot(way[0] * columns / rows, way[1]) >= least]
        if ways:
            return [_patch(one, at + x * way) for at, way in ways for x in along]
    return []


def _sleeve_lengths(one: Picture) -> Iterator[str | None]:
    """The sleeve's length on each arm that is seen; None where it shows neither skin nor the torso's cloth."""
    joints = one.joints
    if np.isnan(joints).any():
        return
    torso = np.median(colours.to_lab(crop(one.image, one.torso).reshape(-1, 3)), 0)
    for arm in body.ARMS:
        if (joints[list(arm), 3] < _SEEN).any() or not all(_inside(joints[j, :2]) for j in arm):
            continue
        shoulder, elbow, wrist = (joints[j, :2] for j in arm)
        upper = [_patch(one, shoulder + x * (elbow - shoulder)) for x in _UPPER]
        lower = [_patch(one, elbow + x * (wrist - elbow)) for x in _LOWER]
        above, below = _patch_kinds(upper, one.skin, torso), _patch_kinds(lower, one.skin, torso)
        if below.count("skin") >= 2:
            yield "sleeveless" if above[:2].count("skin") == 2 else "short-sleeved" if "cloth" in above else None
        else:
            yield "long-sleeved" if below.count("cloth") >= 2 and above.count("cloth") >= 2 else None


def _patch_kinds(patches: list[Pixels], skin: FloatArray, torso: FloatArray) -> list[str]:
    """Of each patch's pixels [N, 3] "skin", "cloth" or "" (neither, or both), by colours [3] CIELAB."""
    found = []
    for flat in patches:
        bare = len(flat) and float(colours.skin_like(flat, skin).mean()) > 0.5
        like = len(flat) and float(np.linalg.norm(np.median(colours.to_lab(flat), 0) - torso)) < _CLOTH
        found.append("skin" if bare and not like else "cloth" if like and not bare else "")
    return found


def _patch(one: Picture, point: FloatArray) -> Pixels:
    """Pixels [N, 3] around a point (fractions)."""
    height, width = one.image.shape[:2]
    half = _PATCH * float(one.box[3] - one.box[1])
    across = half * height / width
    box = np.array([point[0] - across, point[1] - half, point[0] + across, point[1] + half], np.float32)
    return crop(one.image, box).reshape(-1, 3)


def _inside(point: FloatArray) -> bool:
    return bool((point > 0).all() and (point < 0.99).all())

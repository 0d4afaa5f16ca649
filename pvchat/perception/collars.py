"""What shows at the neck: lighter cloth under darker, such as a shirt under a jacket, and shoulders that are bare.

What is worn under something lies right below the chin or below bare skin; a print on the chest has the outer garment's
colour above it. Skin is what has the colour of the face: cloth that could be skin isn't told. Lengths are in face
heights (h) and widths (w) of the person in question.
"""

from __future__ import annotations

import numpy as np

from pvchat.perception import colours, garments
from pvchat.perception.boxes import crop
from pvchat.perception.cloth import colour_of
from pvchat.perception.experts import body
from pvchat.perception.sightings import Picture, Pictured, within_bars
from pvchat.schemas import FloatArray, Garment, Pixels

BARE = "bare shoulders"
_SEEN = 0.6  # visibility from which a shoulder is believed
_LOWEST_CHIN = 0.93  # of the frame: below it no clothes are in the picture
_STRIP, _FROM, _TO = 0.28, 0.12, 1.15  # half the width of the strip below the chin, in w; its begin and end, in h
_LIGHTER, _OTHER = 22.0, 25.0  # lightness, and difference in CIELAB, from which cloth is another than the outer one
_SHARE = 0.13  # of the strip that it must cover
_HIGH, _LOW, _COVERED = 0.36, 0.7, 0.25  # where it begins, in h; further down only below skin, not below the outer one
_AGREE = 0.8  # share of the sightings that must say so
_PALE = ("white", "light grey", "light blue", "blue")  # what is told; others may be skin, or light on a print
_WITH_TIE, _BESIDE_TIE = (*_PALE, "pink"), 0.18  # what is told beside a tie; half the width of the strip, in w
_DARK = ("black", "dark grey", "grey", "dark blue", "brown", "dark")  # of a top that is a jacket if a shirt shows
_OVER_SHOULDERS = ("T-shirt", "shirt", "sweater", "hoodie")  # aren't what is worn where these are bare
_OVER = ("top", "sweater", "cardigan", "vest", *garments.OUTER)  # under which a shirt or collar shows
# On what prints are told, the families of their colours, the share of the sightings, two at least, that must show one.
_PRINTED, _WHITES, _PRINT_AGREE = ("top", "T-shirt", "hoodie", "sweater"), ("white", "beige"), 0.4
_BARE, _SMOOTH = 0.8, 14.0  # share of skin on a bare shoulder; spread of its lightness, which is larger in hair
_PIXELS = 1500  # of a patch that are looked at, about
_SMALL = 24  # pixels of a face's height below which skin and pale cloth run together


def add_neckline(seen: Pictured) -> None:
    """Add what shows at the neck to the clothes of a face track seen in colour, and bare shoulders to its features."""
    if seen.track.kind != "face" or seen.grey:
        return
    facts = seen.track.facts
    if bare_shoulders(seen):
        facts.features.append(BARE)
        facts.confidence[BARE] = _AGREE
        for garment in facts.clothes:
            garment.kind = "top" if garment.kind in _OVER_SHOULDERS else garment.kind
        return
    main = facts.clothes[0] if facts.clothes else None
    if main is None or main.kind not in (*_OVER, *_PRINTED) or any(g.kind == "shirt" for g in facts.clothes):
        return
    pale, printed = at_neck(seen)
    if pale is None or main.kind not in _OVER:
        if printed and main.kind in _PRINTED and main.colour in _DARK:
            main.colour = f"{main.colour} and white"
        return
    if main.kind == "top" and main.colour in _DARK:
        main.kind, main.sleeves = "jacket", None
    what = "shirt" if main.kind in garments.OUTER else "collar"
    facts.clothes.insert(1, _pale_garment(what, pale, _AGREE))


def shirt_under_tie(seen: Pictured, outer: str | None) -> list[Garment]:
    """A shirt under a jacket of some colour and a tie, by its own colour right below the chin, where that is told."""
    said = []
    for one in seen:
        face, x = one.box, _shoulder_middle(one)
        half, height = _BESIDE_TIE * (face[2] - face[0]), face[3] - face[1]
        strip = np.array([x - half, face[3] + 0.1 * height, x + half, face[3] + 0.9 * height], np.float32)
        said.append(colour_of(one.image, strip, one.skin, False))
    colour, share = colours.vote(said)
    return [_pale_garment("shirt", colour, round(share, 3))] if colour in _WITH_TIE and colour != outer else []


def at_neck(seen: Pictured) -> tuple[str | None, bool]:
    """The colour of lighter cloth at the neck of a face track, where most sightings show it, and whether the outer
    garment has a white print: whiter cloth below itself.
    """
    found = [part for one in seen if (part := _part_at_neck(one))]
    pale = [word for word, low in found if not low and word in _PALE]
    prints = sum(low and colours.family(word) in _WHITES for word, low in found)
    shown = len(seen.rows) - len(pale) <= (1 - _AGREE) * len(seen.rows) + 1e-6
    return colours.vote(pale)[0] if shown else None, prints >= max(2, _PRINT_AGREE * len(seen.rows))


def bare_shoulders(seen: Pictured) -> bool:
    """Whether both shoulders are smooth and of the face's colour wherever they are seen."""
    votes = []
    for one in seen:
        patches = [p for p in _shoulders(one, 0.16, (0.02, 0.32)) if len(p)]
        if len(patches) < 2 or (one.box[3] - one.box[1]) * len(one.image) < _SMALL:
            continue
        bare = min(float(colours.skin_like(p, one.skin).mean()) for p in patches)
        rough = max(float(colours.to_lab(p)[:, 0].std()) for p in patches)
        votes.append(bare >= _BARE and rough <= _SMOOTH)
        if votes.count(False) > (1 - _AGREE) * len(seen.rows) + 1e-6:
            return False
    return len(votes) >= min(2, len(seen.rows)) and float(np.mean(votes)) >= _AGREE


def _pale_garment(kind: str, colour: str | None, sure: float) -> Garment:
    """A garment at the neck; its light grey is white in shade."""
    return Garment(kind, "white" if colour == "light grey" else colour, sure)


def _part_at_neck(one: Picture) -> tuple[str, bool] | None:
    """The colour word of cloth that is lighter than the outer one, and whether it is below that, as a print is; None
    where there is none at the neck or below it.
    """
    face, image, skin = one.box, one.image, one.skin
    width, height = face[2] - face[0], face[3] - face[1]
    beside = _shoulders(one, 0.22, (0.25, 0.75))
    if face[3] > _LOWEST_CHIN or height * len(image) < _SMALL or not beside:
        return None
    outer = np.concatenate(beside)
    cloth = ~colours.skin_like(outer, skin)
    if cloth.mean() < 0.5:
        return None
    main = np.median(colours.to_lab(outer[cloth]), 0)
    x = ((face[0] + face[2]) / 2 + _shoulder_middle(one)) / 2
    upper, lower = face[3] + _FROM * height, min(0.995, face[3] + _TO * height)
    strip = np.array([x - _STRIP * width, upper, x + _STRIP * width, lower], np.float32)
    pixels = crop(image, within_bars(image, strip))
    step = max(1, round((pixels.shape[0] * pixels.shape[1] / _PIXELS) ** 0.5))
    pixels = pixels[::step, ::step]
    lab, bare = colours.to_lab(pixels), colours.skin_like(pixels.reshape(-1, 3), skin).reshape(pixels.shape[:2])
    apart = np.linalg.norm(lab - main, axis=2)
    pale = ~bare & (lab[..., 0] > main[0] + _LIGHTER) & (apart > _OTHER)
    if pale.mean() < _SHARE:
        return None
    top = int(np.percentile(np.nonzero(pale)[0], 5))
    begins = _FROM + top * step / (height * len(image))
    covered = float((~bare & (apart <= _OTHER))[:top].mean()) if top else 0.0
    low = begins > _HIGH and covered > _COVERED
    if begins > _LOW and not low:
        return None
    shift = np.array([0.0, *(0.5 * colours.cast(image))], np.float32)
    return colours.word(np.median(lab[pale], 0) - shift), low


def _shoulders(one: Picture, half: float, rows: tuple[float, float]) -> list[Pixels]:
    """Pixels [N, 3] of a patch on each shoulder that is seen; `half` its width in w, `rows` below shoulders in h."""
    face, joints = one.box, one.joints[list(body.SHOULDERS)]
    width, height = face[2] - face[0], face[3] - face[1]
    reach, line = 1.1 * width, face[3] + 0.3 * height
    if _are_seen(joints):
        reach, line = 0.39 * abs(float(joints[0, 0] - joints[1, 0])), float(joints[:, 1].mean())
    low, high = line + rows[0] * height, line + rows[1] * height
    if high > 1:  # shoulders at the picture's edge: as much of them as there is
        low, high = max(face[3] + 0.1 * height, low - (high - 1)), 1.0
    found = []
    for side in (-1, 1):
        x = _shoulder_middle(one) + side * reach
        left, right = np.clip([x - half * width, x + half * width], 0, 1)
        if right - left > half * width and low > face[3] and high - low > 0.1 * height:
            box = np.array([left, low, right, high], np.float32)
            flat = crop(one.image, within_bars(one.image, box)).reshape(-1, 3)
            found.append(flat[:: max(1, len(flat) // _PIXELS)])
    return found


def _shoulder_middle(one: Picture) -> float:
    """Between the shoulders, or below the middle of the face where they aren't seen; a fraction of the frame."""
    joints = one.joints[list(body.SHOULDERS)]
    return float(joints[:, 0].mean()) if _are_seen(joints) else float(one.box[[0, 2]].mean())


def _are_seen(joints: FloatArray) -> bool:
    return bool(np.isfinite(joints).all() and (joints[:, 3] > _SEEN).all())

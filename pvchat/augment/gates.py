"""What a made positive must pass: it still shows the subject, and shows them well enough to learn from.

Identity is decided as presence is, from log-odds 0 on, "as likely the subject as a stranger": lower than in an answer,
because a sample that is hard to recognise is worth learning from. The quality gates are the paper's face filter (open
eyes, frontal, visible, sharp; a least size is added), on the best of a few frames: a head may turn away in others.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from pvchat.augment.profile import Profile
from pvchat.identity.measures import pair_features
from pvchat.identity.presence import PresenceModel
from pvchat.perception.experts.mesh import MeshExpert
from pvchat.schemas import ClipAnalysis, FloatArray, Pixels, Track

SAME_PERSON = 0.0  # log-odds of showing the subject
EYES, EYES_OF_OWN = 0.25, 0.7  # lid gap over eye width; share of the subject's usual one that is enough
FRONTAL = 0.3  # 1 - 3 |nose - eye centre| in face widths
VISIBLE = 0.8  # the mesh network's own presence
SHARP = 12.0  # variance of the Laplacian on a face of 100 pixels; the subject's own clip may be softer
SHARP_OF_OWN = 0.12  # share of the source's sharpness that is enough then
FACE_PX = 36.0
_LOOKED_AT = 4  # frames of a sample
_CHIP = 100  # pixels of a face on which sharpness is measured


def measure(
    images: Pixels, analysis: ClipAnalysis, profile: Profile, model: PresenceModel, mesh: MeshExpert
) -> dict[str, float]:
    """What could be measured of a sample with the frames of its analysis [T, H, W, 3]: "identity" (a distance),
    "log_odds", "face_px", and of faces the quality gates: "sharpness", "frontal", "eyes", "visible".
    """
    track, odds, distance = identify(profile, analysis, model)
    if track is None:
        return {}
    heights = (track.boxes[:, 3] - track.boxes[:, 1]) * analysis.height
    values = {"log_odds": odds, "identity": distance, "face_px": float(heights.max())}
    if track.kind == "face":  # the best of a few frames
        scores = []
        for i in np.argsort(-track.quality)[:_LOOKED_AT]:
            image, box = images[track.frames[i]], track.boxes[i]
            found = mesh.mesh(image, box, track.points[i])
            score = {"sharpness": sharpness(image, box), "frontal": 0.0, "eyes": 0.0, "visible": 0.0}
            if found is not None:
                score |= {"frontal": frontal(found.points), "eyes": found.eyes_open, "visible": found.presence}
            scores.append(score)
        best = max(scores, key=_rank)
        values |= best
    return {k: round(float(v), 4) for k, v in values.items()}


def identify(profile: Profile, analysis: ClipAnalysis, model: PresenceModel) -> tuple[Track | None, float, float]:
    """The track most like the subject, its log-odds, and its distance to the subject's prototypes (0 for figures)."""
    odds = model.logits([profile.person], analysis)[0]
    alike = [pair for pair in zip(analysis.tracks, odds, strict=True) if pair[0].kind == profile.person.kind]
    if not alike:
        return None, -np.inf, np.inf
    track, sure = max(alike, key=lambda pair: pair[1])
    if track.kind == "figure":
        return track, float(sure), 0.0
    prototypes = np.asarray(profile.person.arrays["prototypes"], np.float32)
    seen = pair_features(prototypes, track.identity, track.quality, model.cohort)
    return track, max(float(sure), float(np.dot(model.weights, (*seen, 1.0)))), float(seen[0])


def failed_gate(values: dict[str, float], profile: Profile, own_sharpness: float) -> str | None:
    """The first gate that a sample's values fail, or None."""
    if "log_odds" not in values:
        return "no face"
    least = {
        "identity": ("log_odds", SAME_PERSON),
        "size": ("face_px", FACE_PX if profile.person.kind == "face" else 24.0),
        "sharpness": ("sharpness", min(SHARP, SHARP_OF_OWN * own_sharpness)),
        "frontal": ("frontal", FRONTAL),
        "eyes": ("eyes", min(EYES, EYES_OF_OWN * profile.eyes_open)),
        "visible": ("visible", VISIBLE),
    }
    return next((gate for gate, (name, low) in least.items() if name in values and values[name] < low), None)


def own_sharpness(profile: Profile) -> float:
    """Median sharpness of the subject's face in the source."""
    some = np.flatnonzero(profile.seen)[:: max(1, len(profile) // 8)]
    found = [sharpness(profile.images[i], profile.boxes[i]) for i in some]
    return float(np.median(found)) if found else 0.0


def sharpness(image: Pixels, box: FloatArray) -> float:
    """Variance of the Laplacian of a face (box [4], fractions) scaled to 100 pixels."""
    height, width = image.shape[:2]
    x0, y0, x1, y1 = np.clip(box, 0, 1) * [width, height, width, height]
    cut = image[int(y0) : max(int(y1), int(y0) + 2), int(x0) : max(int(x1), int(x0) + 2)]
    grey = np.asarray(Image.fromarray(cut).convert("L").resize((_CHIP, _CHIP), Image.Resampling.BILINEAR), np.float32)
    laplacian = grey[1:-1, :-2] + grey[1:-1, 2:] + grey[:-2, 1:-1] + grey[2:, 1:-1] - 4 * grey[1:-1, 1:-1]
    return float(laplacian.var())


def frontal(points: FloatArray) -> float:
    """How frontal a mesh [468, 3] (fractions) is: max(1 - 3 |nose - eye centre|, 0), in face widths."""
    wide = float(points[:, 0].max() - points[:, 0].min())
    eyes = float(points[[33, 133, 362, 263], 0].mean())
    return max(0.0, 1 - 3 * abs(float(points[4, 0]) - eyes) / max(wide, 1e-6))


def _rank(values: dict[str, float]) -> float:
    """The paper's score: half frontal, a quarter sharp, a quarter visible; and open eyes first."""
    score = 50 * values["frontal"] + 25 * min(values["sharpness"] / 500, 1) + 25 * values["visible"]
    return score + 50 * min(values["eyes"], EYES) / EYES

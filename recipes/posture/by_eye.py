"""The second step of the postures: people in film and photos whose posture was read by eye.

In: `by_eye.json`, which names for each clip or photo of a set the frames that were looked at and, of one of them, where
faces are and what their people do; clips of footage by their path beside TRAINDATA, with sampled frames as an analysis
has them; the first step's head. Out: the head that ships, and how often it is right of people of other films than those
it learned from.

The clips go through what an analysis of footage goes through, so that the head reads the same here and there. It starts
from the first head's word, six log-odds beside all the rest; the joints it knows by that word alone.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat import PVChat
from pvchat.perception.analysis import WHOLE, add_bodies, face_track
from pvchat.perception.bodyfeatures import JOINTS, PLACEMENT
from pvchat.perception.experts.body import PreviousPose
from pvchat.perception.experts.collection import Experts
from pvchat.perception.experts.figures import link_figures
from pvchat.perception.experts.headfiles import softmax
from pvchat.perception.posture import LIKELY, OTHERS, TOLD, posture_features
from pvchat.perception.search import find_faces
from pvchat.perception.tracks import link
from pvchat.schemas import BODY, ClipAnalysis, FloatArray, Track
from pvchat.video import Clip
from recipes.heads import softmax_head
from recipes.pictures import framed, read_metadata

Picture = NDArray[np.uint8]
FILE = Path(__file__).with_name("by_eye.json")
FOOTAGE = "../devset"  # clips that no benchmark asks a posture of
POSED = 4  # tracks of a clip whose pose is looked for, as in an analysis
DRAWN = "anime_actions"  # whose figures are located, as no face or body is found in them
LEAST_SPREAD = 0.05
DECAY = (  # by how many numbers: word, joints (None: left out), outline, frame, place, below and strips, others
    (6, 0.01), (JOINTS, None), (8, 0.005), (BODY, 0.7), (PLACEMENT, 0.01), (3 * BODY, 1.0), (OTHERS, 0.02),
)  # fmt: skip
RARE = 0.3  # power by which rare postures count for more; many people of one film count as their root
CLIPS = ("film_actions", "tv_talk", "dark_actions", "cctv_fights", FOOTAGE)
PHOTO = 0.5  # what a photo or a drawn clip counts beside a filmed one
FOLDS = 6
_NEAR = 0.05  # of the frame that the middle of a face may lie beside the one that was labelled


@dataclass(frozen=True)
class Seen:
    """Somebody whose posture was read: the posture, the data set, the film or photo, what the head reads of her."""

    posture: str
    set: str
    source: str
    described: FloatArray


def look(root: Path, first: dict[str, FloatArray]) -> list[Seen]:
    """All that `by_eye.json` names, with the word of the first head (weight [6, 1336] and bias [6])."""
    word = np.column_stack([first["weight"], first["bias"]])
    experts, found = Experts(), list[Seen]()
    for name, clips in json.loads(FILE.read_text(encoding="utf-8")).items():
        footage = name == FOOTAGE
        rows = {} if footage else rows_of_clips(root / name)
        chat = PVChat.from_pretrained("embedded") if footage else None
        for clip, told in clips.items():
            shown = [row for row in rows.get(clip, ()) if row.get("frame", 0) in told["frames"]]
            images = [] if chat else [framed(root, row) for row in shown]
            analysis = chat.analyse(root / name / clip) if chat else analysed(images, experts, name == DRAWN)
            source = Path(clip).stem if footage else source_of(shown[0])
            people = whose(told["people"], analysis)
            found += [Seen(posture, name, source, posture_features(track, analysis, word)) for posture, track in people]
    return found


def rows_of_clips(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The metadata rows of each clip, in order, or photo."""
    found = dict[str, list[dict[str, Any]]]()
    for row in sorted(read_metadata(folder), key=lambda row: int(row.get("frame", 0))):
        found.setdefault(row.get("clip", row["file"]), []).append(row)
    return found


def analysed(images: list[Picture], experts: Experts, drawn: bool) -> ClipAnalysis:
    """As much of an analysis of some frames of one shot as the head reads."""
    pictures, times = np.stack(images), np.arange(len(images), dtype=np.float32)
    height, width = pictures.shape[1:3]
    clip = Clip("", float(len(images)), width, height, times, pictures)
    features = experts.frames.grid(pictures).astype(np.float16)
    analysis = ClipAnalysis("", clip.duration_s, width, height, times, features, [], stage="what")
    shots = np.zeros(len(images), np.int64)
    if drawn:
        analysis.tracks, analysis.scene.drawn = link_figures(experts.figures.find(pictures), shots), True
        return analysis
    found = find_faces(pictures, shots, experts.faces)
    analysis.tracks = [face_track(clip, found, sightings) for sightings in link(found, shots)]
    add_bodies(clip, analysis, experts, WHOLE)
    for track in analysis.tracks[:POSED]:
        _pose(track, pictures, experts)
    return analysis


def _pose(track: Track, pictures: Picture, experts: Experts) -> None:
    before = None
    for i, frame in enumerate(track.frames):
        pose = experts.body.pose(pictures[frame], track.boxes[i], before=before)
        before = None if pose is None else PreviousPose(pose, track.boxes[i])
        if pose is not None:
            track.pose[i] = pose.joints


def whose(told: list[tuple[str, int, float, float]], analysis: ClipAnalysis) -> Iterator[tuple[str, Track]]:
    """Posture and track of each labelled person: the track whose face lies about there in that frame."""
    for posture, frame, x, y in told:
        there = [(t, box) for t in analysis.tracks for box in t.boxes[t.frames == frame]]
        far = [float(np.abs((box[:2] + box[2:]) / 2 - (x, y)).max()) for _, box in there]
        if far and min(far) <= _NEAR:
            yield posture, there[int(np.argmin(far))][0]


def source_of(row: dict[str, Any]) -> str:
    """The film that a clip is of, by its source's name; of others the clip or photo itself."""
    path = str(row.get("source_path", ""))
    if row["set"] != "film_actions":
        return str(row.get("clip", row["file"]))
    deed, _, name = path.partition("/")
    return re.split(f"_?{deed}", name)[0]


def learn(people: list[Seen]) -> dict[str, FloatArray]:
    """Weights [5, N] and bias [5] of a softmax over TOLD."""
    x = np.stack([one.described for one in people])
    decay = np.concatenate([np.full(count, np.nan if pull is None else pull, np.float32) for count, pull in DECAY])
    read = np.flatnonzero(np.isfinite(decay))
    truth = np.eye(len(TOLD), dtype=np.float32)[[TOLD.index(one.posture) for one in people]]
    sources = Counter((one.set, one.source) for one in people)
    worth = np.array([sources[one.set, one.source] ** -0.5 for one in people], np.float32)
    worth *= [1.0 if one.set in CLIPS else PHOTO for one in people]
    worth *= (truth / np.maximum(truth.sum(0), 1.0) ** RARE).sum(1)
    weight = np.zeros((len(TOLD), x.shape[1]), np.float32)
    weight[:, read], bias = softmax_head(x[:, read], truth, worth / worth.mean(), decay[read], LEAST_SPREAD)
    return {"weight": weight, "bias": bias}


def told_by_others(people: list[Seen], seed: int) -> FloatArray:
    """[n, 5] probabilities, those of a film's people by a head that learned from other films."""
    sources = np.unique([f"{one.set} {one.source}" for one in people], return_inverse=True)[1]
    fold = np.random.default_rng(seed).integers(0, FOLDS, sources.max() + 1)[sources]
    shares = np.zeros((len(people), len(TOLD)), np.float32)
    for k in range(FOLDS):
        head = learn([one for one, f in zip(people, fold, strict=True) if f != k])
        mine = np.stack([one.described for one, f in zip(people, fold, strict=True) if f == k])
        shares[fold == k] = softmax(mine @ head["weight"].T + head["bias"])
    return shares


def judge(people: list[Seen], shares: FloatArray) -> dict[str, Any]:
    """How often the likeliest posture is right by `shares` [n, 5], how often one is told, how often that is right."""
    right = shares.argmax(1) == [TOLD.index(one.posture) for one in people]
    told = (shares.max(1) >= LIKELY) & (shares.argmax(1) != TOLD.index("bending"))
    return {
        "right": round(float(right.mean()), 3), "told": round(float(told.mean()), 3),
        "right of told": round(float(right[told].mean()), 3), "people": len(people),
    }  # fmt: skip

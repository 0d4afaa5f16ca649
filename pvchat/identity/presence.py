"""Who is in a clip: probability, decision and spans for every enrolled person, in one pass.

In: enrolled people and a `ClipAnalysis`. Out: `PersonPresence` each.

1. Every track is compared with every person of its kind: how near its sightings come to her prototypes (mean of the
   nearest tenth of all pairs), and how far the two means lie apart.
2. Both are held against a cohort of strangers: a track that is near to everybody must come nearer (adaptive T-norm of
   speaker verification: Matějka et al., 2017). The same is done with faceprints in which a face can be made out; a
   masked face is compared with the bare one, by weights of its own.
3. A logistic model, fitted on photo identities (`recipes/faces/presence.py`), makes that log-odds.
4. In the place of her enrollment clip a face farther from her than a fixed distance loses some; where it says little
   there, or isn't seen, hair and clothes count (`same_place.py`).
5. A track that another enrolled person explains better counts against a person by as much; overlapping tracks of one
   drawn figure compete as one (`competition.py`).
6. A calibration makes that a probability of footage (`calibration.py`). Real people are seldom in drawn clips, and
   drawn ones in real clips; computer-generated characters, enrolled as both (`enroll.py`), are compared as both.
7. In a long video each track loses log-odds, and is also compared with tracks that are surely hers (`recurring.py`).
8. What users said of her recognition counts at once (`corrections.py`).

Drawn figures go through `perception/experts/figures.py`, which brings its own cohort and calibration.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat.config import PresenceConfig
from pvchat.identity import corrections
from pvchat.identity.calibration import Calibration, EnrollmentQuality, best_quality
from pvchat.identity.competition import compete, figure_groups, is_clear
from pvchat.identity.measures import (
    FaceTracks,
    Gallery,
    PrintModel,
    Sightings,
    Stack,
    distance_features,
    faces_of,
    stacks_of,
)
from pvchat.identity.recurring import long_video_cost, with_own_sightings
from pvchat.identity.same_place import CLOTHES_ALONE_MAX, body_logits, distance_penalty, has_clothes
from pvchat.people.corrections import corrections_of
from pvchat.people.parts import View, stacked
from pvchat.people.person import Person
from pvchat.perception.experts.figures import FigureExpert
from pvchat.perception.gender import gender_of_person
from pvchat.schemas import ClipAnalysis, Decision, FloatArray, PersonPresence, Track

FILE = Path(__file__).with_name("presence.safetensors")
UNREADABLE_LOGIT = -4.0  # of two faces in which nothing can be made out, competition aside
IMPOSSIBLE_LOGIT = -12.0  # of a track that isn't of the person's kind
# Log-odds lost by real people in a drawn clip, by drawn figures in a real one: drawn faces weakly resemble many real
# ones, and posters, masks and blurs many figures.
DRAWN_MISMATCH = 4.0
# Log-odds for each unit that the locator's mean score of a figure lies below 1: what it isn't sure of may be a hand or
# a bow, and like many.
UNSURE_FIGURE = 5.0
_BLANK = 0.1  # locator's best score of a track below which nothing is there but plain colour
_GOOD_ENROLLMENT, _POOR_ENROLLMENT_COST = 0.6, 8.0  # quality that is as good as any; log-odds of one unit less
_RULES = 2  # raised with each change here after which the same looks are worth other log-odds
SPAN_FROM = 0.35  # probability from which further tracks count into a present person's spans


@dataclass(frozen=True)
class PresenceModel:
    """Cohorts and calibration."""

    cohort: FloatArray  # [C, 128] means over several strangers each
    weights: tuple[float, ...]  # of (near, apart, cohort distance, 1) in the log-odds
    body_mean: FloatArray  # [1280] mean body features, so that likeness is not what all bodies share
    calibration: Calibration  # what the log-odds are worth on footage
    figures: FigureExpert = field(default_factory=FigureExpert)
    prints: PrintModel | None = None  # what counts where there are faceprints on both sides

    @classmethod
    def load(cls, path: Path = FILE) -> PresenceModel:
        """The shipped model; see `recipes/faces/presence.py` for how it was made."""
        from safetensors import safe_open

        with safe_open(path, "numpy") as file:
            card = json.loads(file.metadata()["card"])
            names = ("cohort.bare", "body.mean", "cohort.prints")
            bare, body, prints = (file.get_tensor(n).astype(np.float32) for n in names)
        own, both, masked = (tuple(card[n]["weights"]) for n in ("bare", "prints", "masked_prints"))
        return cls(bare, own, body, Calibration.load(), prints=PrintModel(prints, both, masked))

    @cached_property
    def version(self) -> str:
        """A digest that changes whenever the same looks may get other log-odds."""
        prints = self.prints
        numbers = (_RULES, self.weights, self.calibration, self.figures.digest)
        made = hashlib.sha256(repr((*numbers, prints and (prints.weights, prints.masked_weights))).encode())
        for array in (self.cohort, self.body_mean, *([prints.cohort] if prints else [])):
            made.update(np.ascontiguousarray(array, np.float32).tobytes())
        return made.hexdigest()

    def score(
        self, people: Sequence[Person], analysis: ClipAnalysis, config: PresenceConfig,
        window: tuple[float, float] | None = None, solo: FloatArray | None = None,
    ) -> list[PersonPresence]:  # fmt: skip
        """Presence of each of P people in a clip, in the order given.

        `window`: seconds that are asked about; tracks then count in `analysis.between`. `solo`: [P, K] `solo_logits`
        of them, where that is known and the whole clip is asked about.
        """
        part = analysis if window is None else analysis.between(*window)
        odds = self.odds(people, part, solo)
        if window is not None and analysis.scenes:  # who a face is, all of a long video tells
            whole = self.odds(people, analysis)[:, analysis.shown_between(*window)]
            odds = np.where([[person.kind == "face"] for person in people], whole, odds)
        probabilities, nearest = 1 / (1 + np.exp(-np.clip(odds, -30, 30))), _nearest_of_kind(people, odds, part.tracks)
        likeliest = probabilities.max(1, initial=0.0).tolist()
        return [
            PersonPresence(person.name, "absent", most, nearest=near)
            if most < config.absent_below
            else _presence_of(part, person, row, near, config)
            for person, row, most, near in zip(people, probabilities, likeliest, nearest, strict=True)
        ]

    def odds(self, people: Sequence[Person], analysis: ClipAnalysis, solo: FloatArray | None = None) -> FloatArray:
        """Calibrated log-odds [P, K] that each of K tracks shows each of P people; what users said of them counts.

        `solo` [P, K] is `solo_logits` of them, where that is known.
        """
        if analysis.scenes:  # whoever is surely in a long video is looked for by her sightings there, too
            raw = self.solo_logits(people, analysis) if solo is None else solo
            shown = figure_groups(analysis.tracks, at_once=True)
            sure = self._calibrated(compete(raw, shown), people, analysis)
            both = with_own_sightings(raw, sure, people, analysis.tracks, self._view_logits_of_tracks)
            logits = compete(both, shown)
        else:
            logits = self.logits(people, analysis, solo)
        return corrections.apply_corrections(self._calibrated(logits, people, analysis), people, analysis)

    def _calibrated(self, logits: FloatArray, people: Sequence[Person], analysis: ClipAnalysis) -> FloatArray:
        """Calibrated log-odds [P, K], less the costs of long videos, of drawn against filmed, and of rejections."""
        best, enrolled = best_quality(analysis.tracks), EnrollmentQuality.of(people)[:, None]
        good, figures = enrolled.of_pair(best), enrolled.as_figures(best)
        out = self.calibration.apply(logits, max(0, len(people) - 1), good, figures)
        cost = np.full_like(out, long_video_cost(analysis))
        for row in (row for row, person in enumerate(people) if corrections_of(person)):
            cost[row] += corrections.rejection_cost(people[row], analysis.tracks, logits[row], self._view_logit)
        foreign = [[person.drawn not in (None, analysis.scene.drawn)] for person in people]
        out -= cost + DRAWN_MISMATCH * np.array(foreign, np.float32).reshape(-1, 1)
        return out

    def logits(self, people: Sequence[Person], analysis: ClipAnalysis, solo: FloatArray | None = None) -> FloatArray:
        """Log-odds [P, K] that each of K tracks shows each of P people, competition included.

        What bodies add counts fully among people, but lifts nobody above `CLOTHES_ALONE_MAX`. `solo` as of `odds`.
        """
        shown, worn = figure_groups(analysis.tracks), self._clothes_logits(people, analysis)
        if solo is not None and not worn.any():
            return compete(solo, shown)
        seen = self._raw_logits(people, analysis)
        whole = compete(_correct(seen + worn, people, analysis), shown)
        if not worn.any():
            return whole
        return np.minimum(whole, np.maximum(compete(_correct(seen, people, analysis), shown), CLOTHES_ALONE_MAX))

    def solo_logits(self, people: Sequence[Person], analysis: ClipAnalysis) -> FloatArray:
        """Log-odds [P, K] of each person for herself, as if nobody else were enrolled."""
        return _correct(self._raw_logits(people, analysis) + self._clothes_logits(people, analysis), people, analysis)

    def _clothes_logits(self, people: Sequence[Person], analysis: ClipAnalysis) -> FloatArray:
        """Log-odds [P, K] that hair and clothes add."""
        out = np.zeros((len(people), len(analysis.tracks)), np.float32)
        with_looks = np.array([len(track.looks) > 0 for track in analysis.tracks], bool)
        if not with_looks.any():
            return out
        no_face = np.array([track.kind == "figure" for track in analysis.tracks], bool)
        for row, person in enumerate(people):
            if has_clothes(person):
                place = float(self.scene_likeness(person, analysis.mean_frame))
                out[row] = body_logits(person, analysis.tracks, place, self.body_mean) - IMPOSSIBLE_LOGIT * no_face
        return out * with_looks

    def _raw_logits(self, people: Sequence[Person], analysis: ClipAnalysis) -> FloatArray:
        """Log-odds [P, K] by faces and drawn figures alone."""
        raw = np.full((len(people), len(analysis.tracks)), IMPOSSIBLE_LOGIT, np.float32)
        for row, person in enumerate(people):
            if person.figure is not None:
                raw[row] = self._figure_logits(person, person.figure, analysis)
        rows = np.array([row for row, person in enumerate(people) if person.kind == "face"], int)
        known = [people[row] for row in rows]
        gallery = Gallery(known)
        scenes: NDArray[Any] = np.zeros((len(known), 1))
        for row, person in enumerate(known):
            # a long video's mean frame is no place: that of a cut film is a little like all of them
            if "frame" in person.arrays and not analysis.scenes:
                scenes[row] = self.scene_likeness(person, analysis.mean_frame)
        for faces in faces_of(analysis.tracks) if known else ():
            found = self.face_logits(known, gallery, faces, scenes)
            raw[np.ix_(rows, faces.which)] = found
        if analysis.scene.drawn:  # there, other faces than clear ones say nothing of computer-generated people
            unclear = [track.kind == "face" and not is_clear(track) for track in analysis.tracks]
            raw[np.ix_([one.kind == "face" and one.figure is not None for one in people], unclear)] = IMPOSSIBLE_LOGIT
        return raw

    def face_logits(
        self, people: Sequence[Person], gallery: Gallery, faces: FaceTracks, scenes: FloatArray
    ) -> FloatArray:
        """Log-odds [P, N] that N face tracks show P people enrolled by face (`gallery` is theirs), before competition.

        A sighting is like one of a person's clips, each as likely as the others, so that their odds are averaged; all
        in one heap come nearer to strangers, too.
        `scenes`: [P, 1] or [P, N] how alike the places are (`scene_likeness`); 0 where that says nothing.
        """
        odds, near = self._logits_and_nearest(gallery.stacks(faces.masked, self._uses_prints(faces)), faces)
        nearest = np.minimum.reduceat(near, gallery.starts)
        cost = distance_penalty(nearest, faces.quality.max(1), scenes, faces.hidden)
        # who was enrolled from small or blurred faces is near to everybody else
        doubts = np.array([[_POOR_ENROLLMENT_COST * max(0.0, _GOOD_ENROLLMENT - person.quality)] for person in people])
        mean = np.asarray(np.logaddexp.reduceat(odds, gallery.starts) - np.log(gallery.counts)[:, None])
        return mean - doubts - cost

    def _uses_prints(self, faces: FaceTracks) -> bool:
        """Whether tracks are compared by faceprints, too."""
        return self.prints is not None and faces.prints.shape[1] > 0

    def _logits_and_nearest(self, stacks: Sequence[Stack], faces: FaceTracks) -> tuple[NDArray[np.float64], FloatArray]:
        """Log-odds [V, N] that face tracks show whoever looks like each view, and how near they come [V, N]."""
        tracks, prints = Sightings.of(faces.identity, faces.quality, self.cohort), None
        if self.prints is not None and any(stack.prints.size for stack in stacks):
            prints = Sightings.of(faces.prints, np.ones(faces.prints.shape[:2], np.float32), self.prints.cohort)
        shape = sum(len(stack.which) for stack in stacks), len(faces.which)
        odds, near = np.empty(shape, np.float64), np.empty(shape, np.float32)
        for stack in stacks:
            found, weights = distance_features(stack.rows, tracks), self.weights
            near[stack.which] = found[..., 0]
            if self.prints is not None and prints is not None and stack.prints.size:
                found = np.concatenate([found, distance_features(stack.prints, prints)], -1)
                weights = self.prints.masked_weights if faces.masked else self.prints.weights
            part = (found * np.asarray(weights[:-1])).sum(-1) + weights[-1]
            if stack.prints.size:
                blank = 1 - np.minimum(stack.clear[:, None], faces.shown)
                part -= blank * np.maximum(part - UNREADABLE_LOGIT, 0.0)
            odds[stack.which] = part
        return odds, near

    def _view_logit(self, view: View, track: Track) -> float:
        """Log-odds that a track shows whoever looks like this, of whom nothing else is known."""
        if track.kind == "figure":
            probability = self.figures.probability(np.asarray(view.rows, np.float32), track.identity)
            return float(np.log(probability) - np.log1p(-probability))
        return float(self._view_logits_of_tracks([view], [track])[0, 0])

    def _view_logits_of_tracks(self, views: Sequence[View], tracks: Sequence[Track]) -> NDArray[np.float64]:
        """Log-odds [V, N] that N face tracks show whoever looks like each of V views."""
        found = np.empty((len(views), len(tracks)), np.float64)
        for faces in faces_of(tracks):
            stacks = stacks_of(views, faces.masked, self._uses_prints(faces))
            found[:, faces.which] = self._logits_and_nearest(stacks, faces)[0]
        return found

    def scene_likeness(self, person: Person, frames: FloatArray | NDArray[np.float16]) -> FloatArray:
        """Cosine [...] of the mean frame of a person's enrollment clip and those of others [..., W]."""
        one, others = (np.asarray(x, np.float32) - self.figures.frame_mean for x in (person.arrays["frame"], frames))
        return np.asarray(others @ one / np.maximum(np.linalg.norm(one) * np.linalg.norm(others, axis=-1), 1e-9))

    def _figure_logits(self, person: Person, figure: FloatArray, analysis: ClipAnalysis) -> FloatArray:
        """[K]: a drawn figure's log-odds, each track by its own sightings, less where they may be no figure's."""
        out = np.full(len(analysis.tracks), IMPOSSIBLE_LOGIT, np.float32)
        said = corrections.confirmed_view(person).rows if person.kind == "figure" else ()
        view = View(stacked((figure, said)))
        for i, track in enumerate(analysis.tracks):
            if track.kind == "figure" and corrections.may_show(person, track) and track.scores.max() >= _BLANK:
                out[i] = self._view_logit(view, track) - UNSURE_FIGURE * (1 - float(track.scores.mean()))
        return out


def _correct(raw: FloatArray, people: Sequence[Person], analysis: ClipAnalysis) -> FloatArray:
    """Log-odds [P, K] with users' corrections of this clip."""
    for row, person in enumerate(people):
        for column, her in corrections.corrected_tracks(person, analysis).items():
            raw[row, column] = raw[row, column] if her else IMPOSSIBLE_LOGIT  # nor does she take the track from others
    return raw


def _presence_of(
    analysis: ClipAnalysis, person: Person, probabilities: FloatArray, nearest: int | None, config: PresenceConfig
) -> PersonPresence:
    """The presence of somebody who isn't absent, of probabilities [K] that the clip's tracks show her."""
    best = int(probabilities.argmax())
    probability = float(probabilities[best])
    decision: Decision = "present" if probability >= config.present_from else "unsure"
    least = config.present_from if analysis.scenes else SPAN_FROM  # a long video has a hundred tracks to err about
    shown = np.flatnonzero(probabilities >= min(least, probability)).tolist()
    frames = np.unique(np.concatenate([analysis.tracks[i].shown_in for i in shown]))
    gender = gender_of_person(person.arrays["prototypes"]) if person.kind == "face" else None
    return PersonPresence(
        person.name, decision, probability, analysis.spans(frames), best, tuple(shown), nearest, gender=gender
    )


def _nearest_of_kind(people: Sequence[Person], logits: FloatArray, tracks: Sequence[Track]) -> list[int | None]:
    """Of each person the track of her kind that is most like her."""
    faces, nearest = np.array([track.kind == "face" for track in tracks], bool), list[int | None]()
    for person, row in zip(people, logits, strict=True):
        own = np.flatnonzero(np.where(faces, person.kind == "face", person.figure is not None))
        nearest.append(int(own[row[own].argmax()]) if len(own) else None)
    return nearest

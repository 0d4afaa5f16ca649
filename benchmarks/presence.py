"""Existence questions of a development set: PVChat against a plain face matcher, in one run.

    PVCHAT_HOME=EMPTY_FOLDER python benchmarks/presence.py ../shared/devset

In: a folder with `people.json` and `questions.jsonl` (their README says how they are laid out). Out: a table by set
and in all, on every question, and on the questions about every second clip. The matcher takes the same tracks, the
distance of the two mean descriptors, no cohort, no calibration, no competition, and the one threshold that suits it
best on this very set: an optimistic baseline.

`--half tune|check` takes one half of the clips. `--calibrate FILE` fits `pvchat/identity/calibration.json` on them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import labelled
import numpy as np
from numpy.typing import NDArray

from pvchat import PVChat
from pvchat.eval.manifest import HALVES
from pvchat.identity.calibration import EnrollmentQuality, best_quality
from pvchat.identity.competition import compete, figure_groups
from pvchat.identity.enroll import enroll, subjects_of
from pvchat.identity.presence import PresenceModel
from pvchat.people.person import Person
from pvchat.perception.tracks import mean_identity
from pvchat.schemas import ClipAnalysis, FloatArray
from recipes.faces.calibration import Row, fit, save
from recipes.figures.figurefits import auc

Scores = NDArray[np.float64]
_NOBODY = -2.0  # the matcher's score of a clip without faces


def main(argv: list[str] | None = None) -> None:
    """Analyse the clips, score every existence question about one person, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--half", choices=HALVES)
    parser.add_argument("--calibrate", type=Path, metavar="FILE")
    args = parser.parse_args(argv)
    folder = args.folder
    chat = PVChat.from_pretrained("embedded")
    rows = labelled.about_one(labelled.questions(folder, args.half))
    enrolled = {p["name"]: chat.analyse(folder / p["enroll"], stage="who") for p in labelled.people(folder)}
    people = [enroll(analysis, name) for name, analysis in enrolled.items()]
    seen: dict[str, tuple[dict[str, float], ClipAnalysis]] = {}
    for video in sorted({r["video"] for r in rows}):
        analysis = chat.analyse(folder / video, stage="who")
        scored = chat.score(people, analysis)
        seen[video] = ({p.name: p.probability for p in scored}, analysis)
    if args.calibrate:
        rows_of = _rows(rows, people, {v: a for v, (_, a) in seen.items()}, chat.networks.presence)
        save(fit(rows_of), args.calibrate, f"{len(rows)} questions, half: {args.half or 'both'}")
    truth = np.array([r["present"][r["people"][0]] for r in rows])
    ours = np.array([seen[r["video"]][0][r["people"][0]] for r in rows])
    plain = np.array([_match(enrolled[r["people"][0]], seen[r["video"]][1]) for r in rows])
    second = np.isin([r["video"] for r in rows], sorted(seen)[1::2])
    for title, part in (("all clips", np.ones(len(rows), bool)), ("every second clip", second)):
        _print(title, [r for r, keep in zip(rows, part, strict=True) if keep], truth[part], ours[part], plain[part],
               chat.settings.presence.present_from)  # fmt: skip


def _rows(
    questions: list[dict], people: list[Person], clips: dict[str, ClipAnalysis], model: PresenceModel, seed: int = 0
) -> list[Row]:
    """Log-odds for `fit`: every question alone, among ten others drawn by `seed`, and among everybody."""
    rng = np.random.default_rng(seed)
    number = {person.name: i for i, person in enumerate(people)}
    raw = {video: model.solo_logits(people, clip) for video, clip in clips.items()}
    enrolled = EnrollmentQuality.of(people)
    rows = []
    for question in questions:
        name, clip = question["people"][0], clips[question["video"]]
        me, shown = number[name], figure_groups(clip.tracks)
        good = enrolled[me].of_pair(best_quality(clip.tracks))
        others = [i for i in range(len(people)) if i != me]
        for company in ([], sorted(rng.choice(others, min(10, len(others)), replace=False)), others):
            logits = compete(raw[question["video"]][[me, *company]], shown)[0]
            figure = people[me].kind == "figure"
            rows.append(Row(logits, len(company), figure, question["present"][name], good))
    return rows


def _match(person: ClipAnalysis, clip: ClipAnalysis) -> float:
    """The face matcher: minus the distance of the nearest track's mean descriptor."""
    subject = next((t for t in subjects_of(person) if t.kind == "face"), None)
    faces = [t for t in clip.tracks if t.kind == "face"]
    if subject is None or not faces:
        return _NOBODY
    middle = mean_identity(subject.identity, subject.quality)
    return -min(float(np.linalg.norm(middle - mean_identity(t.identity, t.quality))) for t in faces)


def _best_threshold(score: Scores, truth: NDArray[np.bool_]) -> float:
    return float(max(np.unique(score), key=lambda t: (score[truth] >= t).mean() + (score[~truth] < t).mean()))


def _print(title: str, rows: list[dict], truth: NDArray, ours: Scores, plain: Scores, present_from: float) -> None:
    sets = np.array([r["set"] for r in rows])
    drawn = np.char.startswith(sets, "anime")
    hard = np.array([r["id"].startswith("hard-") for r in rows])
    at = _best_threshold(plain[~drawn], truth[~drawn])
    out = sys.stdout.write
    out(f"{title}\n  {'':16}    n |  ours TPR   TNR   bal   AUC | face only TPR   TNR   bal   AUC\n")
    groups = [(s, sets == s) for s in sorted(set(sets))] + [
        ("real, easy", ~drawn & ~hard), ("real, hard", ~drawn & hard), ("drawn, easy", drawn & ~hard),
        ("drawn, hard", drawn & hard), ("all", sets != ""),
    ]  # fmt: skip
    for name, part in groups:
        y = truth[part]
        cells = [
            f"{_rates(h[part], y)} {_value(auc, s[part], y)}"
            for h, s in ((ours >= present_from, ours), (plain >= at, plain))
        ]
        out(f"  {name:16} {int(part.sum()):4d} |     {cells[0]} |          {cells[1]}\n")


def _rates(said: NDArray[np.bool_], truth: NDArray[np.bool_]) -> str:
    tpr = said[truth].mean() if truth.any() else np.nan
    tnr = (~said[~truth]).mean() if (~truth).any() else np.nan
    return f"{tpr:5.3f} {tnr:5.3f} {np.nanmean([tpr, tnr]):5.3f}"


def _value(measure: Callable[[FloatArray, NDArray], float], score: Scores, truth: NDArray[np.bool_]) -> str:
    return f"{measure(score, truth):5.3f}" if truth.any() and (~truth).any() else "    –"


if __name__ == "__main__":
    main()

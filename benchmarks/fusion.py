"""Whether the trained model's presence logit adds anything to the calibrated presence score.

    PVCHAT_HOME=FOLDER python benchmarks/fusion.py ../shared/devset --half tune

In: a folder with `people.json` and `questions.jsonl`, as for `presence.py`. Out: the existence questions about one
person, by part: how well the calibrated score tells (AUC, and log loss after a line was fitted to its log-odds), the
model's logit, and both in one logistic fit. All fits are made on other clips than they are judged on (five folds of
clips); the interval of the difference is a bootstrap over clips. A person's tokens are those of an instant enrollment.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import labelled
import numpy as np
from logits import presence_logits

from pvchat import PVChat
from pvchat.config import Settings
from pvchat.eval.metrics.bootstrap import Bootstrap
from pvchat.eval.subsets import HALVES
from pvchat.identity.enroll import enroll
from pvchat.schemas import FloatArray
from recipes.figures.figurefits import auc

FOLDS = 5
QUESTION = "Is {} in this video?"


def main(argv: list[str] | None = None) -> None:
    """Score every question both ways and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--half", choices=HALVES, default="tune")
    parser.add_argument("--model", default=Settings.model)
    args = parser.parse_args(argv)
    chat = PVChat(Settings(device="cpu", model=args.model, answers="model"))
    rows, score, logit = scored(chat, args.folder, args.half)
    truth = np.array([r["present"][r["people"][0]] for r in rows])
    clips = np.array([r["video"] for r in rows])
    inputs = {"calibrated": score[:, None], "model": logit[:, None], "both": np.stack([score, logit], 1)}
    found = {name: cross_fitted(x, truth, clips) for name, x in inputs.items()}
    marks = {"drawn": ("set", "anime"), "masked": ("set", "_masked"), "far": ("set", "_far"), "hard": ("id", "hard-")}
    parts = {name: np.array([mark in r[key] for r in rows]) for name, (key, mark) in marks.items()}
    parts |= {"hard, real": parts["hard"] & ~parts["drawn"], "easy": ~parts["hard"], "all": np.ones(len(rows), bool)}
    for title, part in parts.items():
        lost = {name: loss(p, truth) for name, p in found.items()}
        cells = [f"{name} {auc(p[part], truth[part]):.3f}, {lost[name][part].mean():.3f}" for name, p in found.items()]
        gain = lost["calibrated"] - lost["both"]
        saved = Bootstrap().mean(clips[part].tolist(), gain[part])
        sys.stdout.write(
            f"{title:10} n {int(part.sum()):4}: AUC, log loss of {'; '.join(cells)}; "
            f"log loss saved by both {saved.value:+.4f} ({saved.low:+.4f} to {saved.high:+.4f})\n"
        )


def scored(chat: PVChat, folder: Path, half: str) -> tuple[list[dict], FloatArray, FloatArray]:
    """Questions, the calibrated log-odds of each, the model's logit of each."""
    rows = labelled.about_one(labelled.questions(folder, half))
    people = [enroll(chat.analyse(folder / p["enroll"]), p["name"]) for p in labelled.people(folder)]
    by_name = {p.name: p for p in people}
    describer, found = chat.describer, []
    for video in dict.fromkeys(r["video"] for r in rows):
        analysis, asked = chat.analyse(folder / video), [r for r in rows if r["video"] == video]
        sure = {p.name: p.probability for p in chat.score(people, analysis)}
        for r in asked:
            name = r["people"][0]
            (own,) = presence_logits(describer, analysis, [by_name[name]], QUESTION.format(name))
            found.append((r, sure[name], own))
    p = np.clip([one[1] for one in found], 1e-4, 1 - 1e-4)
    return [one[0] for one in found], np.log(p / (1 - p)), np.array([one[2] for one in found])


def cross_fitted(inputs: FloatArray, truth: FloatArray, clips: FloatArray) -> FloatArray:
    """Probabilities [n] from inputs [n, k], each by a fit to the clips of other folds."""
    order = np.random.default_rng(0).permutation(np.unique(clips))
    fold = {clip: i % FOLDS for i, clip in enumerate(order)}
    held = np.array([fold[clip] for clip in clips])
    out = np.zeros(len(truth))
    for k in range(FOLDS):
        weights = logistic(inputs[held != k], truth[held != k])
        out[held == k] = 1 / (1 + np.exp(-_with_one(inputs[held == k]) @ weights))
    return out


def logistic(inputs: FloatArray, truth: FloatArray, ridge: float = 1e-2) -> FloatArray:
    """Weights [k + 1] of a logistic fit, by Newton steps."""
    x, weights = _with_one(inputs), np.zeros(inputs.shape[1] + 1)
    for _ in range(30):
        p = 1 / (1 + np.exp(-x @ weights))
        curve = (x * (p * (1 - p))[:, None]).T @ x + ridge * np.eye(len(weights))
        weights -= np.linalg.solve(curve, x.T @ (p - truth) + ridge * weights)
    return weights


def loss(p: FloatArray, truth: FloatArray) -> FloatArray:
    """Log loss [n]."""
    return -np.log(np.clip(np.where(truth, p, 1 - p), 1e-6, 1))


def _with_one(inputs: FloatArray) -> FloatArray:
    return np.concatenate([inputs, np.ones((len(inputs), 1))], 1)


if __name__ == "__main__":
    main()

"""Whether a person's tokens tell who is there where her faceprint is unsure: both fused, on one half of the clips.

    PVCHAT_HOME=FOLDER python benchmarks/fusion.py ../shared/devset --half tune

In: a folder with `people.json` and `questions.jsonl`, as for `presence.py`. Out: the existence questions about one
person, by part (all, far, masked, drawn, hard, and those where the odds are unsure): how well the calibrated odds tell,
and how well they do fused with what the trained model reads from her tokens. Everybody has the tokens that the aligner
makes of an enrollment. Two things are read: the presence head that was trained for this (its tensors are still in the
shipped file), and the first components of the Q-Former's outputs at her tokens, for which a head is fitted here; each
from her own tokens, from her own where the faceprint points at the track that is most like her, and, to see whether
what is gained is of her at all, from another's. A part's fits are made on all of its clips
but the one that they are judged on; intervals of the differences draw whole clips.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import labelled
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pvchat import PVChat
from pvchat.config import Settings
from pvchat.eval.manifest import HALVES
from pvchat.eval.metrics.bootstrap import measured
from pvchat.identity.enroll import enroll
from pvchat.model.config import WEIGHTS
from pvchat.model.people import People
from pvchat.people.person import Person
from pvchat.schemas import ClipAnalysis, FloatArray

QUESTION = "Is {} in this video?"
TNR = 0.98
COMPONENTS = 8  # of the outputs at her tokens
UNSURE = 2.0  # log-odds below which the faceprint is: .12 to .88
DRAWS = 1000
WAYS = ("her tokens", "her tokens, pointed", "another's tokens")


def main(argv: list[str] | None = None) -> None:
    """Read every question both ways and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--half", choices=HALVES, default="tune")
    args = parser.parse_args(argv)
    chat = PVChat(Settings(device="cpu", answers="model"))
    rows = sorted(labelled.about_one(labelled.questions(args.folder, args.half)), key=lambda row: row["video"])
    odds, outputs = read(chat, args.folder, rows)
    truth = np.array([row["present"][row["people"][0]] for row in rows])
    clips = np.array([row["video"] for row in rows])
    readings = {name: one for way, seen in outputs.items() for name, one in readings_of(chat, way, seen).items()}
    sys.stdout.write("| part | questions | odds: AUC, TPR | fused | AUC, TPR | AUC above the odds' | TPR above |\n")
    sys.stdout.write("|---|---|---|---|---|---|---|\n")
    for title, part in parts(rows, odds).items():
        alone = held_out(odds[part][:, None], truth[part], clips[part])
        for name, reading in readings.items():
            both = held_out(np.column_stack([odds, reading])[part], truth[part], clips[part])
            told = " | ".join(f"{auc(one, truth[part]):.3f}, {caught(one, truth[part]):.3f}" for one in (alone, both))
            told = told.replace(" | ", f" | {name} | ")
            more = " | ".join(gained(alone, both, truth[part], clips[part]))
            sys.stdout.write(f"| {title} | {int(part.sum())} ({int(truth[part].sum())} yes) | {told} | {more} |\n")


def read(chat: PVChat, folder: Path, rows: list[labelled.Row]) -> tuple[FloatArray, dict[str, torch.Tensor]]:
    """Of n questions, clip by clip: the calibrated log-odds [n], and for each way the outputs at her tokens [n, D]."""
    people = [enroll(chat.analyse(folder / p["enroll"], stage="who"), p["name"]) for p in labelled.people(folder)]
    odds, outputs = list[float](), {way: list[torch.Tensor]() for way in WAYS}
    for video in dict.fromkeys(row["video"] for row in rows):
        analysis = chat.analyse(folder / video, stage="who")
        sure = {one.name: float(np.clip(one.probability, 1e-4, 1 - 1e-4)) for one in chat.score(people, analysis)}
        names = [row["people"][0] for row in rows if row["video"] == video]
        odds += [np.log(sure[name] / (1 - sure[name])) for name in names]
        for way in WAYS:
            outputs[way] += [outputs_at_tokens(chat, analysis, people, name, way) for name in names]
    return np.array(odds), {way: torch.cat(seen) for way, seen in outputs.items()}


@torch.inference_mode()
def outputs_at_tokens(chat: PVChat, analysis: ClipAnalysis, people: list[Person], name: str, way: str) -> torch.Tensor:
    """[1, D] the Q-Former's mean output at somebody's tokens."""
    describer = chat.describer
    visual, model = describer.look(analysis), describer.trained.model
    number = next(i for i, one in enumerate(people) if one.name == name)
    state = describer.state(people[number - 1 if way == "another's tokens" else number])
    if way == "her tokens, pointed":
        named = People.batch([[state]], model.config, people[:number] + people[number + 1 :])
    else:
        named = People.batch([[replace(state, enrolled=None)]], model.config)
    return model.read(visual, describer.vector(QUESTION.format(name)), named).personal[:, 0].mean(1)


def readings_of(chat: PVChat, way: str, outputs: torch.Tensor) -> dict[str, FloatArray]:
    """What the presence head and a head to be fitted take of outputs [n, D]: columns by their name in the table."""
    components = PCA(COMPONENTS).fit_transform(StandardScaler().fit_transform(outputs.numpy()))
    return {f"presence head, {way}": presence_head(chat)(outputs).numpy(), f"head fitted here, {way}": components}


def presence_head(chat: PVChat) -> torch.nn.Module:
    """The head of training's phase 3, out of the shipped file (`pvchat.model.checkpoint` passes over it)."""
    trained = chat.describer.trained
    head = torch.nn.Sequential(torch.nn.LayerNorm(trained.config.width), torch.nn.Linear(trained.config.width, 1))
    tensors = load_file(trained.folder / WEIGHTS)
    head.load_state_dict({k.removeprefix("presence."): v.float() for k, v in tensors.items() if k[:9] == "presence."})
    return head.requires_grad_(False)


def parts(rows: list[labelled.Row], odds: FloatArray) -> dict[str, NDArray[np.bool_]]:
    """Which questions belong to which part of the table."""
    marks = {"far": ("set", "_far"), "masked": ("set", "_masked"), "drawn": ("set", "anime"), "hard": ("id", "hard-")}
    found = {name: np.array([mark in row[key] for row in rows]) for name, (key, mark) in marks.items()}
    return {"all": np.ones(len(rows), bool), **found, "unsure": np.abs(odds) < UNSURE}


def held_out(inputs: FloatArray, truth: NDArray[np.bool_], clips: NDArray[np.str_]) -> FloatArray:
    """Log-odds [n] from inputs [n, k], each by a fit to all other clips."""
    fit = make_pipeline(StandardScaler(), LogisticRegression())
    out: FloatArray = cross_val_predict(
        fit, inputs, truth, groups=clips, cv=LeaveOneGroupOut(), method="decision_function"
    )
    return out


def auc(odds: FloatArray, truth: NDArray[np.bool_]) -> float:
    """Area under the curve; NaN where only one side is there."""
    return float(roc_auc_score(truth, odds)) if 0 < truth.sum() < len(truth) else np.nan


def caught(odds: FloatArray, truth: NDArray[np.bool_]) -> float:
    """TPR where the TNR is `TNR`."""
    return float(np.mean(odds[truth] > np.quantile(odds[~truth], TNR))) if 0 < truth.sum() < len(truth) else np.nan


def gained(alone: FloatArray, both: FloatArray, truth: NDArray[np.bool_], clips: NDArray[np.str_]) -> list[str]:
    """By how much the AUC and the TPR of the fused odds are above those of the odds alone, with intervals."""
    rng, told = np.random.default_rng(0), []
    members = [np.flatnonzero(clips == clip) for clip in np.unique(clips)]
    drawn = [np.concatenate([members[i] for i in rng.integers(len(members), size=len(members))]) for _ in range(DRAWS)]
    for measure in (auc, caught):
        more = np.array([measure(both[i], truth[i]) - measure(alone[i], truth[i]) for i in drawn])
        found = measured(measure(both, truth) - measure(alone, truth), more, len(truth), len(members))
        told.append(f"{found.value:+.3f} ({found.low:+.3f} to {found.high:+.3f})")
    return told


if __name__ == "__main__":
    main()

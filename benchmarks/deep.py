"""What personal training learns on the shipped model: the token ablation, on a development set.

    PVCHAT_HOME=FOLDER python benchmarks/deep.py ../shared/devset --work DIR [--limit N] [--model FOLDER] [--out FILE]

In: a folder with `people.json`. Augmentations are made below --work once a person, and read again later. Out: held-back
losses of the trained model alone with so many tokens, z on and off; JSON with --out.

How people are recognised isn't trained (docs/adr/0032-deep.md).
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import labelled
import numpy as np
from tokencount import with_tokens

from pvchat import PVChat
from pvchat.augment import steps
from pvchat.augment.augmentation import AnalysisCache
from pvchat.augment.schemas import AugmentConfig
from pvchat.identity.enroll import enroll
from pvchat.train.config import PersonConfig
from pvchat.train.deep import read
from pvchat.train.examples import TrainingSet
from recipes.model.person.own import training_data

TOKENS = (0, 4, 8, 16, 20)
out = sys.stdout.write


def main(argv: list[str] | None = None) -> None:
    """Make what is missing, train, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--work", type=Path, required=True, help="where augmentations are kept")
    parser.add_argument("--limit", type=int, default=0, help="people, spread evenly; 0 for all")
    parser.add_argument("--only", default="", help="names, comma-separated, instead of --limit")
    parser.add_argument("--clips", type=int, default=AugmentConfig().clips)
    parser.add_argument("--stills", type=int, default=AugmentConfig().stills)
    parser.add_argument("--negatives", type=int, default=AugmentConfig().negatives)
    parser.add_argument("--others", type=Path, nargs="*", default=[], help="folders of clips of other people")
    parser.add_argument("--model", default="embedded", help="a trained model's folder")
    parser.add_argument("--out", type=Path, help="also write the numbers as JSON")
    args = parser.parse_args(argv)
    chat = PVChat.from_pretrained(args.model)
    clips = {p["name"]: args.folder / p["enroll"] for p in labelled.people(args.folder)}
    names = [n for n in args.only.split(",") if n] or spread(list(clips), args.limit)
    found = {"people": names, "tokens": token_ablation(chat, {name: clips[name] for name in names}, args)}
    if args.out:
        args.out.write_text(json.dumps(found, indent=1) + "\n")


def spread(names: list[str], limit: int) -> list[str]:
    """At most so many, evenly over the list."""
    if not limit or limit >= len(names):
        return names
    return [names[i] for i in np.unique(np.linspace(0, len(names) - 1, limit).round().astype(int))]


def asked(args: argparse.Namespace) -> AugmentConfig:
    """The augmentation that the words ask for."""
    return AugmentConfig(clips=args.clips, stills=args.stills, negatives=args.negatives, others=tuple(args.others))


def token_ablation(chat: PVChat, clips: dict[str, Path], args: argparse.Namespace) -> dict[str, Any]:
    """Held-back loss with so many tokens, z on and off; the mean over people, each with her clip."""
    if chat.describer is None:
        raise SystemExit("There is no trained model here; the token ablation needs one.")
    model, found = chat.describer.trained.model, dict[str, Any]()
    data = []
    for name, clip in clips.items():
        folder, augmentation = args.work / f"{name}-0", asked(args)
        steps.augment(clip, name, folder, chat, replace(augmentation, seed=0))
        analyses = AnalysisCache(folder, chat, augmentation)
        learnt_from = TrainingSet(*read(folder, name), analyses)
        data.append(training_data(chat.describer, enroll(chat.analyse(clip), name), learnt_from))
    for count in TOKENS:
        for use_z in (True, False) if count else (True,):
            config = PersonConfig(use_tokens=count > 0, use_z=use_z)
            scores = [with_tokens(model, start, rows, config, count) for start, rows in data]
            line = {k: float(np.mean([s[k] for s in scores])) for k in scores[0]}
            found[f"{count} tokens, z {'on' if use_z else 'off'}"] = line
            out(f"{count:3d} tokens, z {'on ' if use_z else 'off'}  {line}\n")
    return found


if __name__ == "__main__":
    main()

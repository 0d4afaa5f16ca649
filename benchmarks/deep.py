"""Instant against deep enrollment on a development set: per set, kind and type; and what deep is made of.

    PVCHAT_HOME=FOLDER python benchmarks/deep.py ../shared/devset --work DIR [--limit N] [--seeds 3] [--out FILE]
    PVCHAT_HOME=FOLDER python benchmarks/deep.py ../shared/devset --work DIR --tokens [--model FOLDER]   tokens and z

In: a folder with `people.json` and `questions.jsonl`. Augmentations are made below --work once a person and seed, and
read again later. Out: tables, and JSON with --out. A question counts as right when the decision about everyone it names
is the truth ("unsure" is wrong). Two situations: `together`, everyone is enrolled, as in an album, and competes;
`alone`, one person is enrolled. `second half` are the questions about every second clip: settings were tried on the
others first, but `verify.py`'s steepness was also checked on these, so its gain is an optimistic one. Intervals are
95 % bootstrap over clips. Data arms are cumulative, as in PVChat's table 4.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from pvchat import PVChat
from pvchat.augment import steps
from pvchat.augment.analyses import Analyses
from pvchat.augment.schemas import Sample
from pvchat.augment.settings import AugmentConfig
from pvchat.eval.metrics.decisions import balanced
from pvchat.identity.enroll import enroll
from pvchat.people.person import Person
from pvchat.schemas import ClipAnalysis
from pvchat.train.person.config import PersonConfig
from pvchat.train.person.deep import DeepOptions, learn, read, training_data
from pvchat.train.person.trainingset import TrainingSet, remembered

EDITS = ("wear:", "recolour")
ARMS: dict[str, Callable[[Sample], bool]] = {
    "one positive": lambda s: s.role == "positive" and s.recipe in ("source", "subclip"),
    "+ negatives": lambda s: s.role == "negative" or s.recipe in ("source", "subclip"),
    "+ offline positives": lambda s: s.role == "negative" or not s.recipe.startswith(EDITS),
    "+ mask and appearance edits (all)": lambda s: True,
}
TOKENS = (0, 4, 8, 16, 20)
RESAMPLES = 1000
out = sys.stdout.write


@dataclass
class Dev:
    """Questions, people by name with their clips, analyses of all clips."""

    rows: list[dict[str, Any]]
    clips: dict[str, Path]
    seen: dict[str, ClipAnalysis]
    instant: dict[str, Person]


def main(argv: list[str] | None = None) -> None:
    """Make what is missing, score everything, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--work", type=Path, required=True, help="where augmentations are kept")
    parser.add_argument("--limit", type=int, default=0, help="people to enroll deeply, spread evenly; 0 for all")
    parser.add_argument("--only", default="", help="names, comma-separated, instead of --limit")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--clips", type=int, default=AugmentConfig().clips)
    parser.add_argument("--stills", type=int, default=AugmentConfig().stills)
    parser.add_argument("--negatives", type=int, default=AugmentConfig().negatives)
    parser.add_argument("--others", type=Path, nargs="*", default=[], help="folders of clips of other people")
    parser.add_argument("--arms", action="store_true", help="the data ablation too, first seed")
    parser.add_argument("--tokens", action="store_true", help="the token ablation instead (needs a trained model)")
    parser.add_argument("--model", default="embedded", help="a trained model's folder")
    parser.add_argument("--presence-only", action="store_true", help="tokens: without the language model's loss")
    parser.add_argument("--out", type=Path, help="also write the numbers as JSON")
    args = parser.parse_args(argv)
    chat = PVChat.from_pretrained(args.model)
    dev = load(chat, args.folder)
    names = [n for n in args.only.split(",") if n] or spread(list(dev.clips), args.limit)
    found: dict[str, Any] = {"people": names}
    if args.tokens:
        found["tokens"] = token_ablation(chat, dev, names, args)
    else:
        found |= depths(chat, dev, names, args)
        if args.arms:
            found["arms"] = {arm: table(chat, dev, with_deep(chat, dev, names, args, 0, keep), names)
                             for arm, keep in ARMS.items()}  # fmt: skip
            show("data", {arm: [cells] for arm, cells in found["arms"].items()})
    if args.out:
        args.out.write_text(json.dumps(found, indent=1) + "\n")


def load(chat: PVChat, folder: Path) -> Dev:
    """The development set, analysed."""
    rows = [json.loads(line) for line in (folder / "questions.jsonl").read_text().splitlines()]
    clips = {p["name"]: folder / p["enroll"] for p in json.loads((folder / "people.json").read_text())}
    rows = [r for r in rows if r["people"] and set(r["people"]) <= set(clips)]
    seen = {video: chat.analyse(folder / video) for video in sorted({r["video"] for r in rows})}
    return Dev(rows, clips, seen, {name: enroll(chat.analyse(clip), name) for name, clip in clips.items()})


def spread(names: list[str], limit: int) -> list[str]:
    """At most so many, evenly over the list."""
    if not limit or limit >= len(names):
        return names
    return [names[i] for i in np.unique(np.linspace(0, len(names) - 1, limit).round().astype(int))]


def depths(chat: PVChat, dev: Dev, names: list[str], args: argparse.Namespace) -> dict[str, Any]:
    """Instant once, deep with every seed; on the questions that name somebody who was enrolled deeply."""
    instant = table(chat, dev, dev.instant, names)
    deep = [table(chat, dev, with_deep(chat, dev, names, args, PersonConfig(seed=seed)), names) for seed in range(args.seeds)]
    show("instant and deep", {"instant": [instant], "deep": deep})
    return {"instant": instant, "deep": deep}


def with_deep(
    chat: PVChat, dev: Dev, names: Sequence[str], args: argparse.Namespace, config: PersonConfig,
    keep: Callable[[Sample], bool] = lambda s: True,
) -> dict[str, Person]:  # fmt: skip
    """Everyone instant but `names`, who are deep, learnt from the samples that `keep` lets through; seeds are `config`'s."""
    people = dict(dev.instant)
    for name in names:
        augmentation, folder = replace(asked(args), seed=config.seed), args.work / f"{name}-{config.seed}"
        made = time.perf_counter()
        steps.augment(dev.clips[name], name, folder, chat, augmentation)
        samples, rows = read(folder, name)
        samples = [s for s in samples if keep(s)]
        analyses, started = remembered(Analyses(folder, chat, augmentation)), time.perf_counter()
        person = dev.instant[name] if chat.describer is None else chat.describer.remember(dev.instant[name])
        options = DeepOptions(config)
        people[name] = learn(chat, person, TrainingSet(samples, rows, analyses), options)
        sys.stderr.write(f"{name} seed {config.seed}: augmented in {started - made:.0f} s, learnt in "
                         f"{time.perf_counter() - started:.0f} s, {people[name].extra['deep']}\n")  # fmt: skip
    return people


def asked(args: argparse.Namespace) -> AugmentConfig:
    """The augmentation that the words ask for."""
    return AugmentConfig(clips=args.clips, stills=args.stills, negatives=args.negatives, others=tuple(args.others))


def table(chat: PVChat, dev: Dev, people: dict[str, Person], names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Cells by "situation | half | group": balanced accuracy over existence, accuracy by kind and type."""
    wanted = [r for r in dev.rows if set(r["people"]) & set(names)]
    second = set(sorted(dev.seen)[1::2])
    cells: dict[str, dict[str, Any]] = {}
    for situation in ("together", "alone"):
        said = {v: decisions(chat, people, dev.seen[v], situation) for v in sorted({r["video"] for r in wanted})}
        right = np.array([all(said[r["video"]][n] == bool(r["present"][n]) for n in r["people"]) for r in wanted])
        for half in ("all clips", "second half"):
            inside = np.array([half == "all clips" or r["video"] in second for r in wanted])
            for group, chosen in groups(wanted):
                at = np.array(chosen) & inside
                if at.any():
                    picked = [r for r, k in zip(wanted, at, strict=True) if k]
                    cells[f"{situation} | {half} | {group}"] = cell(picked, right[at])
    return cells


def decisions(chat: PVChat, people: dict[str, Person], clip: ClipAnalysis, situation: str) -> dict[str, bool | None]:
    """Is each person there? None where the decision is "unsure"."""
    told: dict[str, bool | None] = {"present": True, "absent": False, "unsure": None}
    if situation == "together":
        return {p.name: told[p.decision] for p in chat.score(list(people.values()), clip)}
    return {name: told[chat.score([person], clip)[0].decision] for name, person in people.items()}


def groups(rows: list[dict[str, Any]]) -> Iterable[tuple[str, list[bool]]]:
    """Which rows belong to which line of the table."""
    single = [r["kind"] == "single" and r["type"] == "existence" for r in rows]
    for name in sorted({r["set"] for r in rows}):
        yield f"existence, {name}", [s and r["set"] == name for s, r in zip(single, rows, strict=True)]
    for view in ("masked", "partial", "far", "back"):
        yield f"existence, {view}", [s and r.get("view") == view for s, r in zip(single, rows, strict=True)]
    yield "existence, real people", [s and r["set"] != "anime" for s, r in zip(single, rows, strict=True)]
    yield "existence, all", single
    for kind in sorted({r["kind"] for r in rows}):
        yield f"kind {kind}", [r["kind"] == kind for r in rows]
    for kind in sorted({r["type"] for r in rows}):
        yield f"type {kind}", [r["type"] == kind for r in rows]


def cell(rows: list[dict[str, Any]], right: np.ndarray) -> dict[str, Any]:
    """Share right of both sides, their mean, and its interval over clips."""
    truth = np.array([all(r["present"][n] for n in r["people"]) for r in rows])
    said = right == truth
    videos = np.array([r["video"] for r in rows])
    rng, names, drawn = np.random.default_rng(0), np.unique(videos), []
    where = {name: np.flatnonzero(videos == name) for name in names}
    for _ in range(RESAMPLES):
        at = np.concatenate([where[n] for n in rng.choice(names, len(names))])
        drawn.append(balanced(said[at], truth[at]))
    low, high = np.nanpercentile(drawn, (2.5, 97.5))
    sides = [float(right[truth == s].mean()) if (truth == s).any() else None for s in (True, False)]
    return {"n": len(rows), "present": sides[0], "absent": sides[1], "balanced": balanced(said, truth),
            "interval": [float(low), float(high)]}  # fmt: skip


def token_ablation(chat: PVChat, dev: Dev, names: list[str], args: argparse.Namespace) -> dict[str, Any]:
    """Held-back loss and accuracy of the trained model alone with so many tokens, z on and off."""
    from pvchat.model.pvchat import PVChatModel
    from pvchat.train.person.tokencount import with_tokens

    if chat.describer is None:
        raise SystemExit("There is no trained model here; the token ablation needs one.")
    weights = chat.describer.trained.folder
    model = PVChatModel.from_pretrained(weights, llm="none") if args.presence_only else chat.describer.model
    found: dict[str, Any] = {}
    data = []
    for name in names:
        folder, augmentation = args.work / f"{name}-0", replace(asked(args), teacher="facts")
        steps.augment(dev.clips[name], name, folder, chat, replace(augmentation, seed=0))
        analyses = remembered(Analyses(folder, chat, augmentation))
        learnt_from = TrainingSet(*read(folder, name), analyses)
        data.append(training_data(chat.describer, dev.instant[name], learnt_from))
    for count in TOKENS:
        for use_z in (True, False) if count else (True,):
            config = PersonConfig(use_tokens=count > 0, use_z=use_z)
            scores = [with_tokens(model, start, rows, config, count) for start, rows in data]
            line = {k: float(np.mean([s[k] for s in scores])) for k in scores[0]}
            found[f"{count} tokens, z {'on' if use_z else 'off'}"] = line
            out(f"{count:3d} tokens, z {'on ' if use_z else 'off'}  {line}\n")
    return found


def show(title: str, columns: dict[str, list[dict[str, dict[str, Any]]]]) -> None:
    """One line a cell: mean over seeds, their spread, the first seed's interval."""
    out(f"\n{title}: balanced accuracy, ± spread over seeds, [95 % interval of the first seed]\n")
    first = next(iter(columns.values()))[0]
    out(f"  {'':52}    n" + "".join(f" | {name:30}" for name in columns) + "\n")
    for key in first:
        line = f"  {key:52} {first[key]['n']:4d}"
        for runs in columns.values():
            values = [run[key]["balanced"] for run in runs if key in run]
            low, high = runs[0][key]["interval"]
            line += f" | {np.mean(values):.3f} ±{np.std(values):.3f} [{low:.3f} {high:.3f}]      "
        out(line + "\n")


if __name__ == "__main__":
    main()

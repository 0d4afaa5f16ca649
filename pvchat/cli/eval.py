"""`pvchat eval`: measure on a manifest, compare two runs, or convert a manifest to PVChat's own layout.

In: parsed words. Out: the result as text, or as JSON with `--json`.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from pvchat.cli import console
from pvchat.cli.options import Commands, add_command, add_model, settings_of
from pvchat.config import Settings


def register(commands: Commands) -> None:
    """Add the command."""
    text = "measure PVChat and baselines on many clips, with a report"
    parser = add_command(commands, "eval", text, "MANIFEST --out DIR [options]")
    add = parser.add_argument
    add("manifest", metavar="MANIFEST", nargs="?", help="a folder or JSON file of people, clips and questions")
    add("--out", metavar="DIR", help="where results go; started again, a run goes on where it was")
    add("--suite", default="all", metavar="NAME", help="medical, tv, anime, real (all that isn't drawn) or all")
    add("--depth", default="instant", choices=("instant", "deep"), help="deep: deep beside instant enrollment")
    add("--half", default="", choices=("tune", "check"), help="only the clips of one half, by a hash of their path")
    add("--limit", type=int, metavar="N", help="at most N questions, spread evenly")
    add("--systems", default="", metavar="A,B", help="systems (default: all); hub:MODEL is one of transformers")
    add("--engine", default="local", choices=("local", "ray"), help="where clips are answered")
    add("--workers", type=int, default=1, metavar="N", help="processes that answer clips, one thread each (default 1)")
    add("--layout", default="auto", metavar="NAME", help="pvchat, official, yollava, myvlm, this-is-my or folders")
    add("--no-frames", action="store_true", help="no pictures of the clips in the report")
    add("--resamples", type=int, default=1000, metavar="N", help="of the bootstrap (default 1000)")
    add("--bertscore", default="minilm", metavar="MODEL", help="minilm, none, or a hub model such as roberta-large")
    add("--judge", default="", metavar="JUDGE", help="hub:FOLDER or http://HOST/v1#MODEL; without it, rules only")
    add("--restart", action="store_true", help="delete the run that DIR holds and start over")
    add("--compare", nargs=2, metavar=("RUN1", "RUN2"), help="compare two finished runs (RUN or RUN:SYSTEM)")
    add("--convert", metavar="DIR", help="only write the manifest to DIR in PVChat's own layout")
    add_model(parser, run)
    parser.set_defaults(wrong=parser.error)


def run(args: argparse.Namespace) -> None:
    """Do what was asked; wrong usage exits with 2.

    Raises:
        PVChatError: the manifest or a run can't be used, or a setting is off.
    """
    found, text = _execute(args, settings_of(args))
    if args.json:
        console.write_json(found)
    else:
        console.write(text)


def _execute(args: argparse.Namespace, settings: Settings) -> tuple[Any, str]:
    if args.compare:
        from pvchat.eval import comparison

        first, second = args.compare
        found = comparison.compare(first, second, resamples=args.resamples, seed=args.seed)
        return found, comparison.text_of(found)
    if not args.manifest or not (args.out or args.convert):
        args.wrong("give MANIFEST and --out DIR, or --compare RUN1 RUN2, or MANIFEST and --convert DIR")
    return _convert(args) if args.convert else _measure(args, settings)


def _convert(args: argparse.Namespace) -> tuple[Any, str]:
    from pvchat.eval import manifest
    from pvchat.eval.layouts.reading import read

    found = read(args.manifest, args.layout)
    manifest.write(found, Path(args.convert))
    row = {"people": len(found.people), "questions": len(found.items), "left_out": len(found.problems)}
    lines = [f"{row['people']} people and {row['questions']} questions are in {args.convert}."]
    lines += [f"left out: {p.where}: {p.what}" for p in found.problems]
    return row, "\n".join(lines)


def _measure(args: argparse.Namespace, settings: Settings) -> tuple[Any, str]:
    from pvchat.eval.options import EvalOptions
    from pvchat.eval.run import run
    from pvchat.eval.summary import remarks, text_of
    from pvchat.runtime import ProgressDisplay

    systems = tuple(name.strip() for name in args.systems.split(",") if name.strip())
    options = EvalOptions(
        suite=args.suite, half=args.half, depth=args.depth, limit=args.limit, systems=systems, engine=args.engine,
        workers=args.workers, layout=args.layout, frames=not args.no_frames, resamples=args.resamples,
        bertscore=args.bertscore, judge=args.judge, restart=args.restart,
    )  # fmt: skip
    with ProgressDisplay() as progress:
        metrics = run(args.manifest, args.out, options, settings, progress)
    row = json.loads((Path(args.out) / "run.json").read_text(encoding="utf-8"))
    return metrics, "\n".join([text_of(metrics), *remarks(row), f"Report: {Path(args.out) / 'report.html'}"])

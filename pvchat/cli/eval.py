"""What `pvchat eval` does with its words: run, compare, or convert.

In: parsed words and settings. Out: the result as JSON and as text; the command line prints one of them.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from pvchat.config import Settings


def execute(args: argparse.Namespace, settings: Settings) -> tuple[Any, str]:
    """Do what was asked; wrong usage exits by `args.wrong`."""
    if args.compare:
        from pvchat.eval import comparison

        found = comparison.compare(*args.compare, resamples=args.resamples, seed=args.seed)
        return found, comparison.text_of(found)
    if not args.manifest or not (args.out or args.convert):
        args.wrong("give MANIFEST and --out DIR, or --compare RUN1 RUN2, or MANIFEST and --convert DIR")
    return _convert(args) if args.convert else _run(args, settings)


def _convert(args: argparse.Namespace) -> tuple[Any, str]:
    from pvchat.eval import manifest
    from pvchat.eval.layouts.reading import read

    found = read(args.manifest, args.layout)
    manifest.write(found, Path(args.convert))
    row = {"people": len(found.people), "questions": len(found.items), "left_out": len(found.problems)}
    lines = [f"{row['people']} people and {row['questions']} questions are in {args.convert}."]
    lines += [f"left out: {p.where}: {p.what}" for p in found.problems]
    return row, "\n".join(lines)


def _run(args: argparse.Namespace, settings: Settings) -> tuple[Any, str]:
    from pvchat.eval.run import Options, run
    from pvchat.eval.summary import text_of
    from pvchat.runtime import ProgressDisplay

    systems = tuple(name.strip() for name in args.systems.split(",") if name.strip())
    options = Options(
        suite=args.suite, depth=args.depth, limit=args.limit, systems=systems, engine=args.engine,
        workers=args.workers, layout=args.layout, frames=not args.no_frames, resamples=args.resamples,
        bertscore=args.bertscore, judge=args.judge, restart=args.restart,
    )  # fmt: skip
    with ProgressDisplay() as progress:
        metrics = run(args.manifest, args.out, options, settings, progress)
    return metrics, f"{text_of(metrics)}\nReport: {Path(args.out) / 'report.html'}"

"""`pvchat eval`: measure on a manifest."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from pvchat.cli import console
from pvchat.cli.options import Commands, add_command, settings_of
from pvchat.config import EVAL_DEPTHS
from pvchat.runtime import ProgressDisplay


def register(commands: Commands) -> None:
    """Add the command."""
    text = "measure PVChat and baselines on many clips, with a report"
    add = add_command(commands, "eval", text, _run, "MANIFEST --out DIR", settings=True).add_argument
    add("manifest", metavar="MANIFEST", help="a folder or JSON file of people, clips and questions")
    add("--out", metavar="DIR", required=True, help="where results go, a folder without a run; a run that was stopped "
        "starts over, but needn't analyse clips again")  # fmt: skip
    add("--depth", default="instant", choices=EVAL_DEPTHS, help="how people are enrolled: instant or deep, from the "
        "manifest's clips; or as they are stored here already, with what was trained of them")  # fmt: skip
    add("--half", default="", choices=("tune", "check"), help="only the questions about clips of one half, "
        "by a hash of their path; everybody is enrolled all the same")  # fmt: skip
    add("--limit", type=int, metavar="N", help="at most N questions, spread evenly")
    add("--systems", default="", metavar="A,B", help="some of prior, face-matcher, measured-facts, ours-instant (or "
        "ours- with another depth); default: all")  # fmt: skip
    add("--engine", default="local", choices=("local", "ray"), help="where clips are answered")
    add("--workers", type=int, default=1, metavar="N", help="processes that answer clips, one thread each (default 1)")


def _run(args: argparse.Namespace) -> None:
    from pvchat.eval.report import remarks, text_of
    from pvchat.eval.run import run as evaluate
    from pvchat.eval.worker import EvalOptions

    systems = tuple(name.strip() for name in args.systems.split(",") if name.strip())
    options = EvalOptions(
        half=args.half, depth=args.depth, limit=args.limit, systems=systems, engine=args.engine, workers=args.workers,
    )  # fmt: skip
    with ProgressDisplay() as progress:
        metrics = evaluate(args.manifest, args.out, options, settings_of(args), progress)
    if args.json:
        console.write_json(metrics)
        return
    row = json.loads((Path(args.out) / "run.json").read_text(encoding="utf-8"))
    console.write("\n".join([text_of(metrics), *remarks(row), f"Report: {Path(args.out) / 'report.html'}"]))

"""Pretrained bases and the embedded model side by side: who is there, described answers, first word, speed, memory.

In: names as `--model` takes them, a manifest of people, clips and questions. Out: a table for docs/bases.md, a row a
model. Run it where the bases are: with a hub, or with folders. Each model runs in a process of its own, so that memory
is its own.

    python benchmarks/bases.py MANIFEST --models embedded,smolvlm2-500m,qwen3-vl-2b --out runs/bases
    python benchmarks/bases.py MANIFEST --models DIR --half tune --questions 60 --quantize 4bit

`existence` is balanced accuracy with its 95 % interval (clips resampled), `described` the answers about appearance,
action and place against their references: content F1 and ROUGE-L, and the share of refusals where the person isn't
there; `questions` how many of each there were. The first word is the first that a user sees (after its sentence passed
the guard); tokens a second are the base's own, on one clip.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from pvchat.config import Settings
from pvchat.eval.run import run
from pvchat.eval.worker import EvalOptions
from pvchat.runtime import size

SYSTEM = "ours-instant"
TITLES = (
    "base",
    "questions",
    "existence",
    "described F1",
    "ROUGE-L",
    "refused",
    "first word s",
    "tokens/s",
    "memory",
    "device",
)
EXISTENCE = ("existence", "balanced_accuracy")
SPOKEN = 64  # tokens of the speed's measure


def main() -> None:
    """Measure every model in a process of its own, print the table."""
    args = _words()
    if args.one:
        tell(json.dumps(measure(args.one, args)))
        return
    rows = []
    for name in args.models.split(","):
        done = subprocess.run([sys.executable, __file__, *sys.argv[1:], "--one", name], capture_output=True, text=True)
        sys.stderr.write(done.stderr)
        rows.append(json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else {"base": f"{name}: failed"})
    tell(f"| {' | '.join(TITLES)} |\n|{'---|' * len(TITLES)}")
    for row in rows:
        tell(f"| {' | '.join(str(row.get(title, '–')) for title in TITLES)} |")


def tell(line: str) -> None:
    """A line on stdout."""
    sys.stdout.write(f"{line}\n")


def measure(name: str, args: argparse.Namespace) -> dict[str, Any]:
    """One model's row."""
    settings = Settings(model=name, device=args.device, quantize=args.quantize if name != "embedded" else "")
    options = EvalOptions(half=args.half, limit=args.questions or None, systems=(SYSTEM,))
    out = Path(args.out) / name.replace("/", "_").replace(":", "_")
    found = run(args.manifest, out, options, settings)["systems"][SYSTEM]["overall"]
    clocks = [json.loads(line) for line in (out / "timing.jsonl").read_text(encoding="utf-8").splitlines()]
    first = [row["first_token_s"] for row in clocks if "first_token_s" in row]
    speed, memory, device = speak(settings)
    counts = [_count(found, *place) for place in (EXISTENCE, ("wording", "rouge_l"), ("refusals", "refused_absent"))]
    return {
        "base": Path(name).name if Path(name).is_dir() else name,
        "questions": " + ".join(counts),
        "existence": _number(found, *EXISTENCE, interval=True),
        "described F1": _number(found, "wording", "content_f1"),
        "ROUGE-L": _number(found, "wording", "rouge_l"),
        "refused": _number(found, "refusals", "refused_absent"),
        "first word s": f"{np.median(first):.2f}",
        "tokens/s": "–" if speed is None else f"{speed:.1f}",
        "memory": size(memory),
        "device": device,
    }


def speak(settings: Settings) -> tuple[float | None, int, str]:
    """Tokens a second of a base on a made-up clip (None for our own model), memory in bytes at most, the device."""
    import torch

    from pvchat.bases.loading import load_base
    from pvchat.bases.marking import Visuals
    from pvchat.bases.prompts import BasePrompt, inputs_of
    from pvchat.bases.sources import read_source
    from pvchat.runtime import pick_device

    device, source = pick_device(settings.device), read_source(settings.model)
    speed = None
    if source is not None:
        base = load_base(source, device, settings.quantize)
        frames = np.random.default_rng(0).integers(0, 255, (base.frames, 360, 640, 3), dtype=np.uint8)
        shown = Visuals(frames, np.arange(base.frames, dtype=np.float32))
        inputs = inputs_of(base, shown, BasePrompt("What is happening? Tell it at length.", brief=""))
        options = {"min_new_tokens": SPOKEN, "max_new_tokens": SPOKEN, "do_sample": False}
        base.model.generate(**inputs, **{**options, "min_new_tokens": 1, "max_new_tokens": 1})
        started = time.perf_counter()
        base.model.generate(**inputs, **{**options, "min_new_tokens": 1, "max_new_tokens": 1})
        prefill = time.perf_counter() - started
        base.model.generate(**inputs, **options)
        speed = (SPOKEN - 1) / max(1e-6, time.perf_counter() - started - 2 * prefill)
    if device.startswith("cuda"):
        return speed, torch.cuda.max_memory_allocated(), torch.cuda.get_device_name()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return speed, peak * (1 if sys.platform == "darwin" else 1024), "cpu"


def _number(found: dict[str, Any], group: str, name: str, interval: bool = False) -> str:
    row = found.get(group, {}).get(name, {})
    if row.get("value") is None:
        return "–"
    known = interval and row["low"] is not None  # of a single clip there is none
    return f"{row['value']:.3f}" + (f" [{row['low']:.3f}, {row['high']:.3f}]" if known else "")


def _count(found: dict[str, Any], group: str, name: str) -> str:
    return str(found.get(group, {}).get(name, {}).get("n", 0))


def _words() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Bases side by side.")
    parser.add_argument("manifest", help="people, clips and questions, as `pvchat eval` reads them")
    parser.add_argument("--models", default="embedded,smolvlm2-500m,qwen3-vl-2b", help="names, comma-separated")
    parser.add_argument("--out", default="runs/bases", help="where the evaluations go; started again, they go on")
    parser.add_argument("--half", default="", choices=("", "tune", "check"), help="only one half of the clips")
    parser.add_argument("--questions", type=int, default=0, help="at most so many, spread evenly; 0: all")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda …")
    parser.add_argument("--quantize", default="", choices=("", "8bit", "4bit"), help="of bases")
    parser.add_argument("--one", default="", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()

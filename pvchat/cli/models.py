"""`pvchat models [FOLDER …]`: which pretrained bases there are, and whether they fit on this machine."""

from __future__ import annotations

import argparse
import shutil

from pvchat.cli import console
from pvchat.cli.options import Commands, add_command
from pvchat.runtime import size

BASES = ("pretrained base", "parameters", "as", "frames", "memory", "free", "fits here", "licence")


def register(commands: Commands) -> None:
    """Add the command."""
    text = "which pretrained bases there are, what they take, whether they fit here"
    parser = add_command(commands, "models", text, _run, "[FOLDER …]")
    meaning = "more of them to look at: folders, hub:ORG/NAME"
    parser.add_argument("folders", nargs="*", metavar="FOLDER", help=meaning)
    meaning = "where a base would run: cpu, cuda, or auto (the default: cuda where there is an NVIDIA card)"
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help=meaning)
    parser.add_argument("--as", dest="dtype", choices=("float32", "bfloat16", "8bit", "4bit"), default="",
                        help="how a base would be loaded (default: what is fastest here and fits)")  # fmt: skip


def _run(args: argparse.Namespace) -> None:
    from pvchat.bases import models as catalogue

    card = "cuda" if args.device != "cpu" and shutil.which("nvidia-smi") else "cpu"
    bases = catalogue.base_rows(args.folders, card if args.device == "auto" else args.device, args.dtype)
    if args.json:
        console.write_json(bases)
        return
    table = [BASES]
    for row in bases:
        count = f"{row['parameters'] / 1e6:.0f} M" if row["parameters"] else "?"
        fits = {True: "yes", False: "no", None: "?"}[row["fits"]]
        table.append((row["name"], count, row["dtype"], str(row["frames"]), size(row["memory"]), size(row["free"]),
                      fits, row["licence"]))  # fmt: skip
    console.write(console.columns(table))
    console.say(
        "--model NAME answers with any of these, --model hub:ORG/NAME with another one; without it our own model does "
        "(`pvchat doctor`). Memory is an estimate."
    )

"""`pvchat models [FOLDER …]`: the trained models that there are, and which language model each speaks through.

In: parsed words. Out: a row a model on stdout. No torch.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from pvchat.cli import console
from pvchat.cli.options import Commands, add_command, add_common

if TYPE_CHECKING:
    from rich.table import Table

TITLES = ("model", "weights", "licence", "language model", "licence of that", "looks through")


def register(commands: Commands) -> None:
    """Add the command."""
    text = "which trained models there are, their language models, what is downloaded"
    parser = add_command(commands, "models", text, "[FOLDER …] [options]")
    parser.add_argument("folders", nargs="*", metavar="FOLDER", help="more trained models or training runs to look at")
    add_common(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """List them.

    Raises:
        SettingsError: a named folder holds no model.
    """
    from pvchat.chat import models as catalogue

    rows = catalogue.rows(args.folders)
    if args.json:
        console.write_json(rows)
        return
    console.open_console().print(_table(rows))
    console.say(
        "`pvchat doctor` lists the frozen experts; `pvchat train base` trains a model, --model FOLDER answers with it."
    )


def _table(rows: list[dict[str, Any]]) -> Table:
    from pvchat.runtime import size

    table, plain = console.open_table(*TITLES, fold=True), console.plain
    for row in rows:
        weights = (
            f"{row['weights']}, {row['parameters'] / 1e6:.1f} M, {size(row['bytes'])}" if row["folder"] else "none"
        )
        here = {True: "here", False: "missing", None: "by its hub id"}[row["llm_here"]]
        table.add_row(plain(row["name"]), weights, row["licence"] or "–", plain(f"{row['llm']} ({here})"),
                      row["llm_licence"] or "–", plain(", ".join(row["experts"])))  # fmt: skip
    return table

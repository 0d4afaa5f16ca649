"""`pvchat demo`: the showcase from parsed words to a table, or JSON with `--json`.

In: parsed words. Out: a table of questions and answers, what the footage is and whose, how many decisions were right.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from pvchat.cli import console
from pvchat.cli.options import Commands, add_command, add_model, settings_of

if TYPE_CHECKING:
    from rich.console import Console

# fixed widths at which the table fits 80 columns; the answer takes what the terminal leaves
COLUMNS = (("clip", 9), ("question", 12), ("answer", None), ("who", 9), ("prob.", 5), ("spans", 7), ("s", 4))


def register(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "demo", "see it work on real footage (fetches weights and footage first)")
    add_model(parser, run)


def run(args: argparse.Namespace) -> None:
    """Enroll two real people and ask about them.

    Raises:
        WeightsError: weights or footage are missing and can't be fetched.
    """
    from pvchat.cli import showcase
    from pvchat.runtime import ProgressDisplay

    settings = settings_of(args)
    with ProgressDisplay() as steps:
        result = showcase.perform(settings, ProgressDisplay("bytes"), steps, console.say)
    if args.json:
        console.write_json(result)
    else:
        show(result, console.open_console())


def show(result: dict[str, Any], out: Console) -> None:
    """Print the table and what the footage is."""
    from rich.table import Table

    from pvchat.assets.footage import FOOTAGE
    from pvchat.runtime import seconds

    table = Table(show_lines=True, expand=out.is_terminal, padding=0)
    for title, width in COLUMNS:
        numbers = title in ("prob.", "s")
        table.add_column(title, width=width, ratio=None if width else 1, justify="right" if numbers else "left")
    for row in result["answers"]:
        table.add_row(row["clip"], row["question"], row["answer"], *_people_cells(row), f"{row['seconds']:.1f}")
    out.print(table)
    clips = Table(box=None, show_header=False, pad_edge=False)
    for shot in result["footage"]:
        clips.add_row(f"[bold]{shot['clip']}[/bold]", shot["what"], shot["package"])
    out.print(clips)
    out.print()
    for row in FOOTAGE:
        out.print(f"{row.requirement}: {row.licence}")
    right, count = result["decisions_right"], result["decisions"]
    took = seconds(result["seconds"])
    out.print(f"\n{right} of {count} decisions about presence are right; {took} after the downloads.")
    out.print("Now with your own clips:  pvchat enroll CLIP --name NAME;  pvchat ask CLIP QUESTION")
    out.print("Or in a browser:  pvchat serve")


def _people_cells(row: dict[str, Any]) -> tuple[str, str, str]:
    """The decision, probability and spans cells: a line each person, the same line in all three."""
    who, probability, spans = [], [], []
    for person in row["people"]:
        colour = {"present": "green", "absent": "red"}.get(person["decision"], "yellow")
        times = [f"{a:.1f}–{b:.1f}" for a, b in person["spans"]] or ["–"]
        lines = max(2, len(times))  # the name, the decision below it
        who += [person["name"], f"[{colour}]{person['decision']}[/{colour}]"] + [""] * (lines - 2)
        probability += ["", f"{person['probability']:.2f}"] + [""] * (lines - 2)
        spans += times + [""] * (lines - len(times))
    return "\n".join(who), "\n".join(probability), "\n".join(spans)

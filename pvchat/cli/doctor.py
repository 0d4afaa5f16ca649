"""`pvchat doctor`: the state of this installation, after `--fetch` has mended it.

In: parsed words. Out: what there is and what is missing, with the command that mends it; or all of it as JSON.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from pvchat.cli import console
from pvchat.cli.options import Commands, add_command, add_common

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table


def register(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "doctor", "what is installed, what is missing, how to mend it")
    parser.add_argument(
        "--fetch", action="store_true", help="download what is missing or damaged: weights, and the demo's footage"
    )
    parser.add_argument("--voice", action="store_true", help="with --fetch: what hearing needs, too (250 MB)")
    parser.add_argument("--verify", action="store_true", help="hash every file of the weights again")
    add_common(parser, run)


def run(args: argparse.Namespace) -> int:
    """Fetch what is missing if asked to, then tell the state.

    Returns:
        The exit code: 1 where something is missing or damaged.

    Raises:
        WeightsError: something can't be fetched.
    """
    from pvchat.assets import weights
    from pvchat.assets.footage import FOOTAGE
    from pvchat.assets.packages import LANGUAGES, VOICE
    from pvchat.cli.examination import examine, look_for_damage
    from pvchat.config import Settings
    from pvchat.runtime import ProgressDisplay
    from pvchat.service.networks import Networks

    if args.fetch:
        damage = look_for_damage(thorough=True)  # what is damaged is missing from here on
        with ProgressDisplay("bytes") as progress:
            weights.fetch(progress=progress)
            weights.fetch(progress=progress, table=FOOTAGE)
            if args.voice:
                weights.fetch(progress=progress, table=(*VOICE, *LANGUAGES))
        if not weights.missing():
            with ProgressDisplay() as progress:
                Networks(Settings(device="cpu")).fetch(progress)  # converts them, too
        for row in damage:
            console.say(f"Mended: {row['what']}")
    report = examine(thorough=args.verify)
    if args.json:
        console.write_json(report)
    else:
        show(report, console.open_console())
    return 0 if report["ok"] else 1


def show(report: dict[str, Any], out: Console) -> None:
    """Print a report."""
    from pvchat.cli.examination import CODE_LICENCE, FITTED_LICENCE
    from pvchat.runtime import size

    out.print(_state_table(report))
    out.print()
    out.print(_weights_table(report["weights"]))
    out.print("Their licences:")
    for line in _licences(report["weights"]):
        out.print(f"  {console.plain(line)}")
    out.print(f"The code is {CODE_LICENCE}. Weights fitted by us are {FITTED_LICENCE}:")
    for row in report["fitted"]:
        out.print(f"  {row['file']} ({size(row['size_bytes'])})", soft_wrap=True)
    out.print()
    if report["ok"]:
        out.print("[green]Everything is there.[/green]")
    for problem in report["problems"]:
        out.print(f"[yellow]•[/yellow] {problem['what']}")
        out.print(f"  mend it with: [bold]{problem['mend']}[/bold]")


def _state_table(report: dict[str, Any]) -> Table:
    from rich.table import Table

    from pvchat.runtime import size

    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    versions = dict(report["versions"])
    table.add_row("pvchat", f"{versions.pop('pvchat')} on Python {versions.pop('python')}")
    table.add_row("packages", ", ".join(f"{name} {version or '–'}" for name, version in versions.items()))
    machine, disk, people = report["machine"], report["disk"], report["people"]
    table.add_row("machine", f"{machine['system']} {machine['arch']}, {machine['cores']} cores")
    table.add_row("decoder", f"{report['decoder']['backend']} ({report['decoder']['why']})")
    table.add_row("device", f"{report['device']['auto']} (there are: {', '.join(report['device']['available'])})")
    table.add_row("home", report["home"])
    table.add_row("disk", f"{size(disk['used_bytes'])} used by pvchat, {size(disk['free_bytes'])} free")
    damaged = f", {len(people['damaged'])} damaged" if people["damaged"] else ""
    if report["encryption"]["encrypted"]:
        table.add_row("encrypted", f"yes; temporary files are in {report['encryption']['temporary']}")
    table.add_row("people", f"{people['enrolled']} enrolled{damaged}")
    return table


def _weights_table(rows: list[dict[str, Any]]) -> Table:
    from pvchat.runtime import size

    table = console.open_table("weights", "for", "package", "size", "state")
    for row in rows:
        state = "demo only" if row["for_demo"] else "--voice" if row["for_voice"] else "[yellow]missing[/yellow]"
        state = "[green]here[/green]" if row["here"] else state
        package = row["package"].partition("==")[0]
        table.add_row(row["role"], row["purpose"], package, size(row["size_bytes"]), state)
    return table


def _licences(rows: list[dict[str, Any]]) -> list[str]:
    """A line a licence, with the weights that have it."""
    roles: dict[str, list[str]] = {}
    for row in rows:
        roles.setdefault(row["licence"], []).append(row["role"])
    return [f"{licence}: {', '.join(names)}" for licence, names in roles.items()]

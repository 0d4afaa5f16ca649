"""`pvchat augment`: one clip to a data set, or a data set to check."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from pvchat.augment.schemas import GENERATORS, AugmentConfig
from pvchat.cli import console
from pvchat.cli.options import Commands, add_command
from pvchat.errors import PVChatError, SettingsError

USAGE = "--check DIR\n       pvchat augment CLIP --name NAME --out DIR"
_SHOWN = 20  # problems and corrections of a data set that are named


def register(commands: Commands) -> None:
    """Add the command."""
    text, usual = "make a data set of clips and questions about the person of one clip", AugmentConfig()
    parser = add_command(commands, "augment", text, _run, USAGE, settings=True)
    meaning = "a video, an animation or a photo that shows the person"
    parser.add_argument("clip", metavar="CLIP", nargs="?", help=meaning)
    parser.add_argument("--name", help="how the person is called in questions")
    parser.add_argument("--out", metavar="DIR", help="where the data set goes; an unfinished one is gone on with")
    parser.add_argument("--check", metavar="DIR", help="only check a data set; names the first bad rows")
    parser.add_argument("--track", type=int, metavar="N", help="whom to take where the clip shows several people")
    made = {"clips": "clips of the person to make", "stills": "pictures of the person to make",
            "negatives": "clips without the person to look for; a third also gives a still"}  # fmt: skip
    for name, text in made.items():
        default = getattr(usual, name)
        parser.add_argument(f"--{name}", type=int, default=default, metavar="N", help=f"{text} (default {default})")
    parser.add_argument("--others", metavar="DIR", nargs="+", default=[], help="folders of clips of other people")
    parser.add_argument("--backgrounds", metavar="DIR", help="folder of pictures to put behind the person")
    parser.add_argument("--generator", choices=GENERATORS, nargs="+", default=["offline"],
                        help="what makes positives: offline (the default), or on a GPU consisid")  # fmt: skip
    parser.add_argument("--generator-model", metavar="NAME", default="", help="hub name or folder of its base model")


def _run(args: argparse.Namespace) -> int:
    if args.check:
        return _check(args)
    if not (args.clip and args.name and args.out):
        raise SettingsError("a clip, --name and --out are needed.", hint="Or use --check DIR.")
    from pvchat.augment import steps
    from pvchat.augment.watch import Watch

    config = AugmentConfig(
        **{key: getattr(args, key) for key in ("clips", "stills", "negatives", "track")},
        backgrounds=(Path(args.backgrounds),) if args.backgrounds else (),
        others=tuple(map(Path, args.others)),
        generators=tuple(args.generator),
        model=args.generator_model,
    )
    chat, progress = console.open_chat(args)
    with progress:
        out = steps.augment(args.clip, args.name, args.out, chat, config, Watch(progress))
    made = steps.summary(out)
    table: list[tuple[str, ...]] = [("step", "seconds", "made", "dropped")]
    for step, manifest in made.items():
        counts, dropped = (", ".join(f"{k} {v}" for k, v in manifest[part].items()) for part in ("counts", "dropped"))
        table.append((step, f"{manifest['seconds']:.0f}", counts, dropped))
    console.list_rows(args, made, table)
    return 0


def _check(args: argparse.Namespace) -> int:
    from pvchat.augment.dataset import check as problems_of

    problems, corrected = problems_of(Path(args.check))
    if args.json:
        found = {"problems": [asdict(one) for one in problems], "corrected": [asdict(one) for one in corrected]}
        console.write_json({"checked": str(args.check), **found})
    elif corrected:
        console.write(f"Changed by hand: {_first(corrected)}.")
    if problems:
        error = f"{len(problems)} problems: {_first(problems)}."
        console.show_error(PVChatError(error, subject=args.check), False)
    elif not args.json:
        console.write(f"{args.check} is in order.")
    return 1 if problems else 0


def _first(found: Sequence[object]) -> str:
    rest = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return "; ".join(map(str, found[:_SHOWN])) + rest

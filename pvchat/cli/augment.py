"""`pvchat augment`: one clip, a list of clips (`--many`), or a data set to check, from parsed words to stdout.

In: an `argparse.Namespace`; for `--many` a file with one JSON object a line: clip, name and, where `--out DIR` isn't
given, out. Out: a table of the steps, a line a job, or JSON with `--json`. Jobs that failed are named, and make the
exit code 1; the others are done.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pvchat.augment.settings import HUB, AugmentConfig
from pvchat.cli import console
from pvchat.cli.options import Commands, add_command, add_model, settings_of
from pvchat.config import Settings
from pvchat.errors import PVChatError, SettingsError

if TYPE_CHECKING:
    from pvchat.augment.engine import AugmentJob
    from pvchat.service import PVChat

USAGE = "CLIP --name NAME --out DIR [options]\n       pvchat augment --check DIR"
_SHOWN = 20  # problems of a data set that are named


def register(commands: Commands) -> None:
    """Add the command."""
    text, usual = "make a data set of clips and questions about the person of one clip", AugmentConfig()
    parser = add_command(commands, "augment", text, USAGE)
    parser.add_argument(
        "clip", metavar="CLIP", nargs="?", help="a video, an animation or a photo that shows the person"
    )
    parser.add_argument("--name", help="how the person is called in questions")
    parser.add_argument("--out", metavar="DIR", help="where the data set goes; an unfinished one is gone on with")
    parser.add_argument("--many", metavar="FILE", help="many clips: a JSON object with clip, name and out a line")
    parser.add_argument("--engine", choices=("local", "ray"), default="local", help="what --many runs on")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="clips of --many at once (default 1)")
    parser.add_argument("--check", metavar="DIR", help="only check a data set; names the first bad rows")
    parser.add_argument("--track", type=int, metavar="N", help="whom to take where the clip shows several people")
    for name, text in (
        ("clips", "clips of the person to make"),
        ("stills", "pictures of the person to make"),
        ("negatives", "samples without the person to look for"),
    ):
        default = getattr(usual, name)
        parser.add_argument(f"--{name}", type=int, default=default, metavar="N", help=f"{text} (default {default})")
    parser.add_argument("--others", metavar="DIR", nargs="+", default=[], help="folders of clips of other people")
    parser.add_argument("--backgrounds", metavar="DIR", help="folder of pictures to put behind the person")
    parser.add_argument("--drivers", metavar="DIR", help="folder of clips whose head motion the person shall take on")
    parser.add_argument(
        "--generator", choices=("offline", *HUB), nargs="+", default=["offline"],
        help="what makes positives: offline (the default), or on a GPU consisid (clips), identity-adapter (stills)",
    )  # fmt: skip
    parser.add_argument("--generator-model", metavar="NAME", default="", help="hub name or folder of its base model")
    parser.add_argument("--teacher", metavar="NAME", default="facts", help="what answers come from: facts (what "
                        "was measured, the default), or a hub name or folder of a video language model")  # fmt: skip
    add_model(parser, run)


def run(args: argparse.Namespace) -> int:
    """Make a data set about the person of one clip, of many clips, or check one; returns the exit code."""
    if args.check:
        return check(args)
    if not args.many and not (args.clip and args.name and args.out):
        raise SettingsError("a clip, --name and --out are needed.", hint="Or use --many FILE, or --check DIR.")
    config = _config(args)
    if args.many:
        return many(args, config, settings_of(args))
    from pvchat.augment import steps
    from pvchat.augment.watch import Watch

    chat, progress = console.open_chat(args)
    with progress:
        out = steps.augment(args.clip, args.name, args.out, chat, config, Watch(progress))
    made = steps.summary(out)
    console.list_rows(args, made, _table(made))
    return 0


def check(args: argparse.Namespace) -> int:
    """Whether a data set is whole and consistent; returns the exit code. With `--json` all problems are written.

    Raises:
        SettingsError: there is no data set.
    """
    from pvchat.augment.dataset.check import check as problems_of

    problems = problems_of(Path(args.check))
    if args.json:
        console.write_json({"checked": str(args.check), "problems": [asdict(problem) for problem in problems]})
    if problems:
        first = "; ".join(map(str, problems[:_SHOWN]))
        rest = f" and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        console.show_error(PVChatError(f"{len(problems)} problems: {first}{rest}.", subject=args.check), False)
        return 1
    if not args.json:
        console.write(f"{args.check} is in order.")
    return 0


def many(args: argparse.Namespace, config: AugmentConfig, settings: Settings) -> int:
    """Augment every clip of a list; returns the exit code: 1 where some jobs failed.

    Raises:
        SettingsError: the list is off.
    """
    from pvchat.augment.engine import augment_many
    from pvchat.augment.watch import Watch
    from pvchat.runtime import ProgressDisplay

    jobs = read_jobs(Path(args.many), Path(args.out) if args.out else None)
    with ProgressDisplay() as progress:
        rows = augment_many(jobs, open_service, config, settings, args.workers, Watch(progress))
    failed = [row for row in rows if "error" in row]
    if args.json:
        console.write_json(rows)
    for row in rows if not args.json else ():
        what = f"failed: {row['error']['what']}" if "error" in row else f"{row['rows']} rows in {row['out']}"
        console.write(f"{row['clip']}: {what}")
    if failed:
        what = f"{len(failed)} of {len(rows)} clips failed."
        console.show_error(PVChatError(what, subject=args.many, hint="Run it again for those."), False)
    return int(bool(failed))


def open_service(settings: Settings) -> PVChat:
    """The service of one worker."""
    from pvchat.service import PVChat

    return PVChat.from_pretrained("embedded", settings)


def read_jobs(path: Path, out: Path | None) -> list[AugmentJob]:
    """The jobs of a file; `out` is the folder for those that name none (`out/NAME-CLIP`).

    Raises:
        SettingsError: the file or a line of it can't be used.
    """
    import json

    from pvchat.augment.engine import AugmentJob

    jobs = []
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, ValueError) as error:
        raise SettingsError("the list of clips can't be read.", subject=str(path)) from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            clip, name = Path(row["clip"]), str(row["name"])
            place = Path(row["out"]) if "out" in row else out / f"{_plain(name)}-{_plain(clip.stem)}"  # type: ignore[operator]
        except (ValueError, KeyError, TypeError) as error:
            raise SettingsError(
                f"line {number} is no job.", subject=str(path),
                hint='A line looks like {"clip": "a.mp4", "name": "Ana", "out": "sets/ana"}; --out DIR serves as out.',
            ) from error  # fmt: skip
        jobs.append(AugmentJob(clip, name, place))
    return jobs


def _config(args: argparse.Namespace) -> AugmentConfig:
    folders: dict[str, Any] = {key: Path(path) for key in ("backgrounds", "drivers") if (path := getattr(args, key))}
    return AugmentConfig(
        **{key: getattr(args, key) for key in ("clips", "stills", "negatives", "track", "engine", "seed")},
        **folders,
        others=tuple(map(Path, args.others)),
        generators=tuple(args.generator),
        model=args.generator_model,
        teacher=args.teacher,
    )


def _table(made: dict[str, dict[str, Any]]) -> list[tuple[str, ...]]:
    """A row a step, with titles."""
    table: list[tuple[str, ...]] = [("step", "seconds", "made", "dropped")]
    for step, manifest in made.items():
        counts, dropped = (", ".join(f"{k} {v}" for k, v in manifest[part].items()) for part in ("counts", "dropped"))
        table.append((step, f"{manifest['seconds']:.0f}", counts, dropped))
    return table


def _plain(text: str) -> str:
    """Text as a part of a file name."""
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in text)

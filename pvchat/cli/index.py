"""`pvchat index build | add | remove | search | info`: from parsed words to a result on stdout.

In: an `argparse.Namespace`. Out: text, or JSON with `--json`. Experts run for new clips only.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pvchat.cli import console
from pvchat.cli.options import Commands, add_command, add_common, add_group, add_model

if TYPE_CHECKING:
    import numpy as np

    from pvchat.index.entries import ClipEntry, Kind
    from pvchat.schemas import ClipAnalysis

WARNING = "An index holds biometric data: face vectors of everyone in the clips."


def register(commands: Commands) -> None:
    """Add the command and its actions."""
    text = "index the faces and scenes of a folder of videos, and search it"
    actions = add_group(commands, "index", text)
    for action, run, words, text in (
        ("build", build, "FOLDER", "index the clips and photos of a folder; again: only what is new, changed or gone"),
        ("add", add, "FOLDER CLIP …", "add clips that lie elsewhere"),
        ("remove", remove, "FOLDER CLIP|ID …", "remove clips and all their vectors, or the whole index"),
        ("search", search, "FOLDER CLIP", "find whose face, which figure or which scene is like that of a clip"),
        ("info", info, "FOLDER", "what is in an index"),
    ):
        one = add_command(actions, f"index {action}", text, f"{words} [options]", WARNING)
        one.add_argument("folder", metavar="FOLDER", help="the folder of videos, or an index")
        if action == "add":
            one.add_argument("clips", metavar="CLIP", nargs="+", help="videos, animations or photos")
        elif action == "remove":
            one.add_argument("clips", metavar="CLIP|ID", nargs="*", help="files, or ids as `search` shows them")
            one.add_argument("--all", action="store_true", help="delete the whole index; the videos stay")
        elif action == "search":
            one.add_argument("clip", metavar="CLIP", help="its main subject is looked for")
            one.add_argument("--track", type=int, metavar="N", help="another of its subjects, by prominence, from 1")
            kinds = ("faces", "figures", "clips")
            one.add_argument("--kind", choices=kinds, help="what is compared (default: faces, or figures if drawn)")
            one.add_argument("--hits", type=int, default=10, metavar="N", help="how many (default 10)")
        one.add_argument("--index", metavar="DIR", help="where the index lies (default: FOLDER/.pvchat-index)")
        (add_model if action in ("build", "add", "search") else add_common)(one, run)


def build(args: argparse.Namespace) -> None:
    """Index a folder, or catch up with it."""
    from pvchat.index import folder

    chat, progress = console.open_chat(args)
    with progress:
        report = folder.update(Path(args.folder), chat, _place(args), progress=progress)
    _report(args, report, folder.place(Path(args.folder), _place(args)))


def add(args: argparse.Namespace) -> int:
    """Add single clips; returns the exit code: 1 where none could be added."""
    from pvchat.index import folder
    from pvchat.index.entries import VideoIndexError

    chat, progress = console.open_chat(args)
    place = folder.place(Path(args.folder), _place(args))
    with progress:
        report = folder.add(place, [Path(clip) for clip in args.clips], chat, progress=progress)
    _report(args, report, place)
    if len(report.failed) < len(args.clips):
        return 0
    console.show_error(VideoIndexError("none of the clips could be added.", subject=str(place)), False)
    return 1


def remove(args: argparse.Namespace) -> None:
    """Remove clips, or everything."""
    from pvchat.index import folder
    from pvchat.index.entries import VideoIndexError
    from pvchat.index.store import VideoIndex

    place = folder.place(Path(args.folder), _place(args))
    if args.all:
        if not VideoIndex.erase(place):
            raise VideoIndexError("there is no index here.", subject=str(place))
        console.report(args, {"removed": "all"}, f"The index in {place} is deleted. The videos are untouched.")
        return
    if not args.clips:
        raise VideoIndexError("say which clips.", hint="Name files or ids, or --all.")
    index = folder.open_index(Path(args.folder), _place(args))
    gone = [_find(index.find_clip(str(Path(what).absolute())) or index.find_clip(what), what) for what in args.clips]
    count = index.remove(keys={clip.key for clip in gone})
    console.report(args, {"removed": count}, f"{_clips(count)} removed, with all vectors.")


def search(args: argparse.Namespace) -> None:
    """Who is near to a clip's subject."""
    from pvchat.index import folder

    index = folder.open_index(Path(args.folder), _place(args))
    chat, progress = console.open_chat(args)
    with progress:
        analysis = chat.analyse(args.clip)
    kind, queries = _queries(analysis, args)
    hits = index.nearest(kind, queries, max(1, args.hits), but=[analysis.key])
    rows: list[dict[str, Any]] = [
        {"file": min(hit.clip.files, default=""), "key": hit.clip.key, "duration_s": hit.clip.duration_s, "id": hit.id,
         "distance": hit.distance} | _where(hit.track) for hit in hits
    ]  # fmt: skip
    table = [("distance", "id", "seen", "file")]
    for row in rows:
        spans = ", ".join(f"{a:.1f}–{b:.1f} s" for a, b in row.get("spans", []))
        table.append((f"{row['distance']:.3f}", row["id"], spans, row["file"]))
    console.list_rows(args, {"kind": kind, "hits": rows}, table)


def info(args: argparse.Namespace) -> None:
    """What is in an index."""
    from pvchat.index import folder
    from pvchat.index.entries import KINDS
    from pvchat.runtime import size

    row = folder.open_index(Path(args.folder), _place(args)).info()
    lines = [f"{row['folder']}: {_clips(row['clips'])} in {row['files']} files, {size(row['bytes'])}",
             f"{row['tracks']['face']} faces, {row['tracks']['figure']} drawn figures"]  # fmt: skip
    lines += [f"{kind:<8} {row['vectors'][kind]:>9} vectors" for kind in KINDS]
    console.report(args, row, "\n".join(lines))


def _report(args: argparse.Namespace, report: Any, place: Path) -> None:
    for path, why in report.failed.items():
        console.say(f"left out: {why if path in why else f'{path}: {why}'}")
    sentence = (
        f"{_clips(report.added)} added, {report.kept} files unchanged, {_clips(report.removed)} removed, "
        f"{len(report.failed)} left out. The index lies in {place}; it holds face vectors of everyone in the clips."
    )
    console.report(args, {**report.to_dict(), "index": str(place)}, sentence)


def _queries(analysis: ClipAnalysis, args: argparse.Namespace) -> tuple[Kind, np.ndarray]:
    """What is compared, and the vectors to look for: [N,D], of the clip's main subject or of its scene."""
    from pvchat.identity.enroll import prototypes
    from pvchat.identity.subjects import choose, subjects_of
    from pvchat.index.entries import VideoIndexError, describe

    if args.kind == "clips":
        (scene,) = describe(analysis, {})[1]["clips"].values()
        return "clips", scene
    number = args.track or (1 if subjects_of(analysis) else None)  # the most prominent, without asking
    subject = choose(analysis, number, Path(args.clip).name)
    kind: Kind = "faces" if subject.kind == "face" else "figures"
    if args.kind not in (None, kind):
        raise VideoIndexError(f"its subject is not among the {args.kind}.", subject=args.clip)
    return kind, prototypes(subject)


def _find(clip: ClipEntry | None, what: str) -> ClipEntry:
    from pvchat.index.entries import VideoIndexError

    if clip is None:
        raise VideoIndexError("no such clip is in the index.", subject=what, hint="Name a file, or an id of `search`.")
    return clip


def _where(track: Any) -> dict[str, Any]:
    return {"track": track.number, "spans": [list(s) for s in track.spans]} if track is not None else {}


def _clips(count: int) -> str:
    return f"{count} clip{'' if count == 1 else 's'}"


def _place(args: argparse.Namespace) -> Path | None:
    return Path(args.index) if args.index else None

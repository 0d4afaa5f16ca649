"""`pvchat index build | add | remove | search | info`: from parsed words to a result on stdout.

In: an `argparse.Namespace`. Out: text, or JSON with `--json`. Experts run for new clips only.
"""

from __future__ import annotations

import argparse
import functools
from pathlib import Path
from typing import Any

from pvchat.cli import commands
from pvchat.index.entries import KINDS, ClipEntry, Kind, VideoIndexError


def run(args: argparse.Namespace) -> None:
    """The action that was asked for."""
    {"build": build, "add": add, "remove": remove, "search": search, "info": info}[args.action](args)


def build(args: argparse.Namespace) -> None:
    """Index a folder, or catch up with it."""
    from pvchat.index import folder

    chat, progress = commands._open(args)
    with progress:
        report = folder.update(Path(args.folder), chat, _place(args), progress=progress)
    _report(args, report, folder.place(Path(args.folder), _place(args)))


def add(args: argparse.Namespace) -> None:
    """Add single clips."""
    from pvchat.index import folder

    chat, progress = commands._open(args)
    place = folder.place(Path(args.folder), _place(args))
    with progress:
        report = folder.add(place, [Path(clip) for clip in args.clips], chat, progress=progress)
    _report(args, report, place)
    if len(report.failed) == len(args.clips):
        raise VideoIndexError("none of the clips could be added.", subject=str(place))


def remove(args: argparse.Namespace) -> None:
    """Remove clips, or everything."""
    from pvchat.index import folder
    from pvchat.index.store import VideoIndex

    place = folder.place(Path(args.folder), _place(args))
    if args.all:
        if not VideoIndex.exists(place):
            raise VideoIndexError("there is no index here.", subject=str(place))
        VideoIndex.erase(place)
        commands._report(args, {"removed": "all"}, f"The index in {place} is deleted. The videos are untouched.")
        return
    if not args.clips:
        raise VideoIndexError("say which clips.", hint="Name files or ids, or --all.")
    index = folder.open_index(Path(args.folder), _place(args))
    gone = [_find(index.find_clip(str(Path(what).absolute())) or index.find_clip(what), what) for what in args.clips]
    count = index.remove(keys={clip.key for clip in gone})
    commands._report(args, {"removed": count}, f"{_clips(count)} removed, with all vectors.")


def search(args: argparse.Namespace) -> None:
    """Who is near to a clip's subject."""
    from pvchat.identity.enroll import choose, prototypes, subjects_of
    from pvchat.index import folder

    index = folder.open_index(Path(args.folder), _place(args))
    chat, progress = commands._open(args)
    with progress:
        analysis = chat.analyse(args.clip)
    kind: Kind = args.kind or "faces"
    if kind != "clips":
        number = args.track or (1 if subjects_of(analysis) else None)  # the most prominent, without asking
        subject = choose(analysis, number, Path(args.clip).name)
        kind = "faces" if subject.kind == "face" else "figures"
        if args.kind not in (None, kind):
            raise VideoIndexError(f"its subject is not among the {args.kind}.", subject=args.clip)
        queries = prototypes(subject)
    else:
        from pvchat.index.entries import describe

        queries = describe(analysis, {})[1]["clips"].vectors
    hits = index.nearest(kind, queries, max(1, args.hits), but=[analysis.key])
    rows = [_told(hit.clip) | {"id": hit.id, "distance": hit.distance} | _where(hit.track) for hit in hits]
    if args.json:
        commands._print_json({"kind": kind, "hits": rows})
        return
    from rich.table import Table

    table = Table("distance", "id", "seen", "file", box=None, pad_edge=False)
    for row in rows:
        seen = ", ".join(f"{a:.1f}–{b:.1f} s" for a, b in row.get("spans", []))
        table.add_row(f"{row['distance']:.3f}", row["id"], seen, commands._plain(row["file"]))
    commands._console().print(table)


def info(args: argparse.Namespace) -> None:
    """What is in an index."""
    from pvchat.index import folder
    from pvchat.runtime import size

    row = folder.open_index(Path(args.folder), _place(args)).info()
    if args.json:
        commands._print_json(row)
        return
    print_ = functools.partial(commands._console().print, soft_wrap=True)
    tracks, vectors = row["tracks"], row["vectors"]
    print_(commands._plain(f"{row['folder']}: {_clips(row['clips'])} in {row['files']} files, {size(row['bytes'])}"))
    print_(f"{tracks['face']} faces, {tracks['figure']} drawn figures")
    for kind in KINDS:
        how = row["search"][kind]
        print_(f"{kind:<8} {vectors[kind]:>9} vectors, searched by {how['by']}, recall {how['recall']:.3f}")


def _report(args: argparse.Namespace, report: Any, place: Path) -> None:
    for path, why in report.failed.items():
        commands.say(f"left out: {why if path in why else f'{path}: {why}'}")
    sentence = (
        f"{_clips(report.added)} added, {report.kept} files unchanged, {_clips(report.removed)} removed, "
        f"{len(report.failed)} left out. The index lies in {place}; it holds face vectors of everyone in the clips."
    )
    commands._report(args, {**report.to_dict(), "index": str(place)}, sentence)


def _find(clip: ClipEntry | None, what: str) -> ClipEntry:
    if clip is None:
        raise VideoIndexError("no such clip is in the index.", subject=what, hint="Name a file, or an id of `search`.")
    return clip


def _told(clip: ClipEntry) -> dict[str, Any]:
    return {"file": min(clip.files, default=""), "key": clip.key, "duration_s": clip.duration_s}


def _where(track: Any) -> dict[str, Any]:
    return {"track": track.number, "spans": [list(s) for s in track.spans]} if track is not None else {}


def _clips(count: int) -> str:
    return f"{count} clip{'' if count == 1 else 's'}"


def _place(args: argparse.Namespace) -> Path | None:
    return Path(args.index) if args.index else None

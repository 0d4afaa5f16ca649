"""What `pvchat demo` shows: two real people are enrolled from one clip each, and asked about in other clips.

In: nothing but a network for the first run. Out: a dict of answers. Whoever is enrolled lives in `$PVCHAT_HOME/demo`,
so that a user's own people are neither asked about nor touched; the weights are shared.

The answers are what the model says: `right` compares its decisions with who is truly in the clip.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pvchat.assets import footage, weights
from pvchat.assets.footage import FOOTAGE
from pvchat.config import Settings, home

if TYPE_CHECKING:
    from pvchat.runtime import ProgressDisplay
    from pvchat.schemas import Progress
    from pvchat.service import PVChat

ENROLLED = {"Carl": "car-1", "Obama": "portrait"}  # nobody tells the name of the man in the car: he is Carl here
ASKED: tuple[tuple[str, str], ...] = (
    ("car-2", "Is Carl in this video?"),
    ("car-2", "What does Carl look like?"),
    ("car-2", "What is Carl doing?"),
    ("car-2", "Where is Carl?"),
    ("car-2", "Is Obama in this video?"),
    ("speech", "Is Obama there?"),
    ("speech", "What is Obama wearing?"),
    ("speech", "What is Carl doing?"),
    ("blue-room", "Where is Obama?"),
    ("other-man", "Is Obama in this video?"),
    ("other-man", "What does Obama look like?"),
    ("other-man", "What is Obama doing?"),
    ("astronaut", "Where is Carl?"),
    ("both", "Who is in this video?"),
)


def perform(
    settings: Settings, downloads: ProgressDisplay, progress: ProgressDisplay, say: Callable[[str], None]
) -> dict[str, Any]:
    """Fetch, enroll, ask.

    Args:
        settings: as for `PVChat.from_pretrained`.
        downloads: shows bytes.
        progress: shows steps.
        say: told what is going on, a line at a time.

    Raises:
        SettingsError: the model can't be used.
        WeightsError: weights or footage can't be fetched.

    Returns:
        {"enrolled": […], "footage": […], "answers": […], "decisions_right", "decisions", "seconds"}.
    """
    folder = home() / "demo"
    chat = open_demo(folder, settings, progress)
    _fetch(downloads, say)
    chat.networks.fetch(progress)  # converts the networks once, too
    start = time.perf_counter()
    say("Making short clips of the footage …")
    clips = footage.build(folder / "clips")
    enrolled = [_enroll(chat, name, clips[clip], say) for name, clip in ENROLLED.items()]
    rows = [_ask(chat, clip, clips[clip], question, say) for clip, question in ASKED]
    return {
        "enrolled": enrolled,
        "footage": [_shot_row(shot) for shot in footage.SHOTS],
        "answers": rows,
        "decisions_right": sum(row["right"] for row in rows),
        "decisions": len(rows),
        "seconds": round(time.perf_counter() - start, 1),
    }


def open_demo(folder: Path, settings: Settings, progress: Progress) -> PVChat:
    """PVChat with people and cached clips of its own in a folder; the weights are everybody's.

    Raises:
        SettingsError: the model can't be used. That is told before anything is fetched.
    """
    from pvchat.people.store import PeopleStore
    from pvchat.service import Networks, PVChat
    from pvchat.storage.clips import ClipCache

    networks, cache = Networks(settings), ClipCache(folder / "cache" / "clips")
    _ = networks.chosen
    people = PeopleStore(folder / "people", cache)
    return PVChat(settings, progress, networks=networks, people=people, cache=cache)


def _fetch(downloads: ProgressDisplay, say: Callable[[str], None]) -> None:
    from pvchat.runtime import size

    todo = weights.missing(table=(*weights.TABLE, *FOOTAGE))
    if not todo:
        return
    say(f"Fetching {size(sum(w.size_bytes for w in todo))} of weights and footage, once …")
    with downloads:
        weights.fetch(progress=downloads)
        weights.fetch(progress=downloads, table=FOOTAGE)


def _enroll(chat: PVChat, name: str, path: Path, say: Callable[[str], None]) -> dict[str, Any]:
    from pvchat.people.store import describe

    say(f"Enrolling {name} from {path.stem} …")
    start = time.perf_counter()
    person = chat.enroll(path, name=name, replace=True)
    return {"clip": path.stem, **describe(person), "seconds": round(time.perf_counter() - start, 2)}


def _ask(chat: PVChat, clip: str, path: Path, question: str, say: Callable[[str], None]) -> dict[str, Any]:
    say(f"{clip}: {question}")
    start = time.perf_counter()
    answer = chat.ask(path, question).to_dict()
    return _answer_row(clip, question, answer, time.perf_counter() - start)


def _answer_row(clip: str, question: str, answer: dict[str, Any], seconds: float) -> dict[str, Any]:
    """One row of `pvchat demo --json`; `answer` is `Answer.to_dict()`."""
    shows = footage.shot(clip).shows
    return {
        "clip": clip, "shows": list(shows), "question": question, **answer, "right": _is_right(answer, shows),
        "seconds": round(seconds, 2),
    }  # fmt: skip


def _is_right(answer: dict[str, Any], shows: tuple[str, ...]) -> bool:
    """Whether everyone spoken of is judged present where they are and absent where they aren't; unsure is wrong."""
    wanted = {p["name"]: "present" if p["name"] in shows else "absent" for p in answer["people"]}
    return bool(wanted) and all(p["decision"] == wanted[p["name"]] for p in answer["people"])


def _shot_row(shot: footage.Shot) -> dict[str, str]:
    parts = [footage.shot(name) for name in shot.beside.split()] or [shot]
    rows = {row.role: row for row in FOOTAGE}
    used = list(dict.fromkeys(rows[part.role] for part in parts))
    return {
        "clip": shot.name,
        "what": shot.what,
        "package": ", ".join(row.requirement for row in used),
        "licence": "; ".join(row.licence for row in used),
    }

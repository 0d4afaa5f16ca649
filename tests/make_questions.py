"""docs/questions.md: what can be asked, with the answers that a made-up clip gets: `python tests/make_questions.py`.

In: nothing. Out: the page's text. `test_questions_page.py` holds that the page is what this makes, and reads it again.
The clip is made up (`make_studio.py`), so that the answers are the same everywhere: Ana and Ben are in it, Cleo isn't.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPO = Path(__file__).parents[1]
sys.path[:0] = [str(REPO), str(REPO / "tests")]

import numpy as np  # noqa: E402
import pytest  # noqa: E402
from make_analysis import make_track  # noqa: E402
from make_studio import open_studio  # noqa: E402

from pvchat import PVChat  # noqa: E402
from pvchat.config import Settings, home  # noqa: E402
from pvchat.schemas import Garment, PersonFacts, Sound, SpokenWord, Utterance  # noqa: E402

PAGE = REPO / "docs" / "questions.md"
ANA, BEN, CLEO = 1, 2, 3
_HEAD = """# Questions you can ask

Enroll somebody, then ask in plain English, with `pvchat ask clip.mp4 "…"` or in the Chat tab. Names may be written as
you like ("ana", "Ana's", "Dr. Ana", "Jose" for José); "she", "he" and "and Ben?" mean whom the question before was
about. On the command line such a question comes with `--then`: `pvchat ask clip.mp4 "Is Ana there?" --then "and Ben?"`.

Each answer below is what PVChat says about one made-up clip: Ana sits on the left and talks, Ben stands on the right
from the fifth second, Cleo is enrolled too but isn't there. A test asks every question on this page and compares the
answers. The sections are by what a question selects (`Query.select`).

Other words will do, too, also in haste ("timecodes for ana pls", "anyone in dark red?", "who's that on the left hand
side"), and all of it combines: whoever is meant by clothes, hair or place, times that hang on what others do, and, or,
not. `pvchat ask … --explain` shows how a question was read, such as "Asked: when · about: Ana · while: Ben is away"
([how well that works](adr/0038-query-timeline-finding.md)).
"""
_TAIL = """
Somebody who isn't enrolled has to be enrolled first: a question about her is refused with the names there are. Somebody
who is not in the clip is never described. How sure PVChat is stands beside every answer: look at the probability, not
at the decision alone.
"""


@dataclass(frozen=True)
class Part:
    """A section of the page.

    Attributes:
        selects: `Query.select` of its questions; empty: of any.
        title, under: its heading and a line below.
        questions: what follows up on the one before begins with "…".
    """

    selects: tuple[str, ...]
    title: str
    under: str
    questions: tuple[str, ...]


PARTS = (
    Part(("exists",), "Is it so?", "Who is there, and what holds of somebody, of several, or of the scene.", (
        "Is Ana in this video?", "Is Cleo there?", "Are Ana and Ben there?", "Is anyone I know there?",
        "Is anybody home?", "Is there a stranger in the room?", "Is Anna there?", "Is Ben there from the start?",
        "Is Ana alone?", "Are Ana and Ben ever apart?", "Does Ana wear glasses?", "Is Ben not wearing glasses?",
        "Is the man wearing a red jacket?", "Is the person on the left wearing glasses?", "Is Ana talking?",
        "Is Ana talking to Ben?", "Is Ana sitting and Ben standing?",
        "Is everybody sitting?", "Is Ana to the left of Ben?", "Is this an office?",
    )),
    Part(("who", "order"), "Who is it?", "By what they wear, do, by where they are, by who is first or longest.", (
        "Who is in this video?", "Who else is there besides Ana?", "Who can't you find?", "Who is standing?",
        "Which of Ana and Ben wears glasses?", "Who isn't wearing glasses?", "Who is sitting and wearing glasses?",
        "Who wears a jacket but no glasses?", "Who is next to Ben?", "Who is to the left of Ben?",
        "Who is second from the left?", "Who is the first man from the left?", "Who is there, from left to right?",
        "Who is furthest right?", "Who is nearest to the camera?", "Who is visible longest?", "Who is seen first?",
        "Who is there the whole time?", "Who is there at least ten seconds?",
    )),
    Part(("count",), "How many?", "People, known or not; those of whom something holds.", (
        "How many people are in this video?", "What's the head count?", "Are there more than two people?",
        "How many people do you recognise?", "How many people can be seen at the same time?",
        "How many women are there?", "How many people wear glasses?", "How many women wear glasses?",
        "How many men wear glasses?", "How many people are sitting?",
    )),
    Part(("when", "how_long", "how_often"), "When, how long, how often?", "Times are those of the clip.", (
        "When does Ben appear?", "When is Ben last seen?", "When is Ben not there?", "When is Ana alone?",
        "When are Ana and Ben together?", "When is Ana first seen with Ben?", "Is the room ever empty?",
        "How long is Ana in the video?", "What percentage of the time is Ben there?",
        "When is Ana sitting and Ben standing?",
        "For how long are two people there at once?", "How many times does Ben wave?", "Does Ben come back?",
    )),
    Part(("attribute",), "What, and where?", "Clothes, hair, deeds, places and company of a person.", (
        "What is Ana wearing?", "What does Ben look like?", "What colour is Ben's jacket?", "Is Ana a man or a woman?",
        "What is Cleo wearing?", "What is the person next to Ben wearing?", "What is Ana doing?",
        "What are Ana and Ben doing?", "What is Cleo doing?", "What is the woman with glasses doing?",
        "What is the man in the middle doing?", "What does Ana do while Ben is away?", "Where is Ana?",
        "Where are Ana and Ben?", "Is Ana on the left or on the right?", "Who is Ana seen with?",
        "What is Ana wearing and where is she?", "Ben stands on the right. What is Ana doing then?",
    )),
    Part(("describe",), "Everything at once", "All that was seen, in two sentences.", (
        "Describe Ana.", "Tell me about Ben.", "Describe the person on the right.", "What is going on in this video?",
    )),
    Part(("compare", "order"), "One against the other", "What was measured of both, and who comes or goes first.", (
        "Is Ana there longer than Ben?", "Is Ana seen more often than Ben?", "Do Ana and Ben wear the same colour?",
        "Who is further right, Ana or Ben?", "Does Ana leave before Ben comes?",
    )),
    Part(("shots", "length"), "The video itself", "Its cuts and its length.", (
        "How many cuts are there?", "How long is this video?",
    )),
    Part((), "What is said", "As it was heard, and by whom as far as that is seen ([what it needs](voice.md)).", (
        "What is being said?", "What does Ana say?", "When does somebody say 'coffee'?", "Who says 'hello'?",
        "What does Ana say about coffee?", "What does Ana ask?", "What is said while Ben is away?", "Does Ben speak?",
        "Who talks most?", "How many voices are there?", "Is Ana silent?",
        "When is it silent?", "Is there music?", "Is there music or talking?", "Is Ana sitting while music plays?",
        "Is there any sound?",
    )),
    Part(("refuse",), "What it can't answer", "It says so instead of guessing.", (
        "How old is Ana?", "Is Ana married to Ben?", "What is Ana thinking about?", "Why is Ben crying?",
        "Which song is playing?", "Is the camera moving?", "Forget Cleo, please.",
        "¿Dónde está Ana?", "Thanks!",
    )),
    Part((), "One thing after the other", "A question may lean on the one before it.", (
        "What is Ana wearing?", "… what colour is it?", "… and Ben?", "… where is he?", "… and what is he doing?",
        "… why do you say so?", "Who is in this video?", "… what is the second one wearing?", "… and the other one?",
        "Who is furthest right?", "… and furthest left?", "What is the person on the right doing?",
        "… and the one on the left?", "Who is visible longest?", "… and Ben?",
        "Who is seen first?", "… and then?", "Is anyone wearing glasses?", "… how many?",
    )),
)  # fmt: skip


def _spoken(text: str, start_s: float, voice: int, track: int | None = None) -> Utterance:
    words = tuple(SpokenWord(word, start_s + 0.4 * i, start_s + 0.4 * i + 0.3) for i, word in enumerate(text.split()))
    return Utterance(start_s, start_s + 0.4 * len(words), words, track, track is None, voice=voice)


_SPOKEN = (
    _spoken("Good morning! Would you like some coffee?", 0.5, 0, 0), _spoken("Hello, Anna.", 5.2, 1, 1),
    _spoken("The bus is here.", 8.0, 2),
)  # fmt: skip


def made(folder: Path, patch: pytest.MonkeyPatch) -> tuple[PVChat, Path]:
    """PVChat with the three enrolled, and the clip that is asked about."""
    studio = open_studio(folder, patch)
    chat = PVChat(Settings(device="cpu", answers="facts"))
    for name, person in (("Ana", ANA), ("Ben", BEN), ("Cleo", CLEO)):
        chat.enroll(studio.clip(name.lower(), person), name)
    clip = studio.clip("party", ANA, BEN, duration_s=10.0)
    key, analysis = next((k, a) for k, a in studio.known.items() if len(a.tracks) == 2)
    analysis.times = (np.arange(20, dtype=np.float32) + 0.5) * 0.5
    ana, ben = make_track(ANA, range(20)), make_track(BEN, range(10, 20))
    ben.boxes = ben.boxes + np.float32([0.4, 0, 0.4, 0])
    ana.facts, ben.facts = _facts("on the left of the frame"), _facts("on the right of the frame", other=True)
    analysis.tracks, analysis.sound = [ana, ben], Sound("heard", _SPOKEN, ((2.0, 6.0),))
    return chat, clip


def _facts(where: str, other: bool = False) -> PersonFacts:
    sure = {"where": 0.9, "clothes": 0.9, "pose": 0.9, "gestures": 0.9, "hair": 0.9, "features": 0.9}
    if other:
        return PersonFacts(where=where, clothes=[Garment("jacket", "blue", 0.9)], hair="short hair", pose="standing",
                           gender="man", gestures=[], confidence=sure)  # fmt: skip
    return PersonFacts(where=where, clothes=[Garment("jacket", "red", 0.9)], hair="dark hair", features=["glasses"],
                       pose="sitting", gender="woman", gestures=["talking"], confidence=sure)  # fmt: skip


def answered(chat: PVChat, clip: Path, questions: tuple[str, ...]) -> list[str]:
    """The answers, follow-ups with the questions before them."""
    told: list[str] = []
    before: list[str] = []
    for question in questions:
        plain = question.removeprefix("… ")
        before = before if plain != question else []
        told.append(chat.ask(clip, plain, history=list(before)).answer)
        before.append(plain)
    return told


def page(chat: PVChat, clip: Path) -> str:
    """The whole page."""
    parts = [_part(part, answered(chat, clip, part.questions)) for part in PARTS]
    return "\n".join([_HEAD, *parts]) + _TAIL


def _part(part: Part, answers: list[str]) -> str:
    rows = "\n".join(f"| {q} | {a} |" for q, a in zip(part.questions, answers, strict=True))
    selects = f" ({', '.join(f'`{select}`' for select in part.selects)})" if part.selects else ""
    return f"## {part.title}{selects}\n\n{part.under}\n\n| you ask | it answers |\n|---|---|\n{rows}\n"


def rows(text: str) -> list[list[tuple[str, str]]]:
    """Questions and answers that a page's tables hold, table by table."""
    tables: list[list[tuple[str, str]]] = []
    for line in text.splitlines():
        cells: Any = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| you ask"):
            tables.append([])
        elif line.startswith("| ") and len(cells) == 2:
            tables[-1].append((cells[0], cells[1]))
    return tables


def main() -> None:
    """Write the page."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        (Path(folder) / "weights").symlink_to(home() / "weights", target_is_directory=True)
        patch.setenv("PVCHAT_HOME", folder)
        PAGE.write_text(page(*made(Path(folder), patch)), encoding="utf-8")


if __name__ == "__main__":
    main()

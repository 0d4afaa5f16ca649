"""docs/questions.md: what can be asked, with the answers that a made-up clip gets: `python tests/make_questions.py`.

In: the page, in which a new question may stand with any answer ("| Is Ana there? | ? |"). Out: the page with the
answers that there are now. `test_questions_page.py` holds that they are those that stand there.
The clip is made up (`make_studio.py`), so that the answers are the same everywhere: Ana and Ben are in it, Cleo isn't.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

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


@dataclass(frozen=True)
class Row:
    """A question of the page and its answer.

    Attributes:
        part: its section's heading, such as "How many? (`count`)".
        before: the questions that it follows up on; one that follows up begins with "…".
    """

    part: str
    before: tuple[str, ...]
    question: str
    answer: str
    line: int

    @property
    def selects(self) -> tuple[str, ...]:
        """`Query.select` of the section's questions; empty: of any."""
        return tuple(re.findall(r"`(\w+)`", self.part))


def rows(text: str) -> Iterator[Row]:
    """The questions of the page."""
    part, before = "", list[str]()
    for number, line in enumerate(text.splitlines()):
        if line.startswith("## "):
            part = line.removeprefix("## ")
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and len(cells) == 2 and cells[0] != "you ask":
            question = cells[0].removeprefix("… ")
            before = before if question != cells[0] else []
            yield Row(part, tuple(before), question, cells[1], number)
            before.append(question)


def page(text: str, chat: PVChat, clip: Path) -> str:
    """The page with the answers that its questions get."""
    lines = text.splitlines()
    for row in rows(text):
        answer = chat.ask(clip, row.question, history=list(row.before)).answer
        lines[row.line] = f"| {'… ' if row.before else ''}{row.question} | {answer} |"
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the page."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        (Path(folder) / "weights").symlink_to(home() / "weights", target_is_directory=True)
        patch.setenv("PVCHAT_HOME", folder)
        PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), *made(Path(folder), patch)), encoding="utf-8")


if __name__ == "__main__":
    main()

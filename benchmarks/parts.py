"""What each part of the shipped model does for a user: one part at a time is switched off, and answers are compared.

    PVCHAT_HOME=FOLDER python benchmarks/parts.py ../shared/devset --half tune
    PVCHAT_HOME=FOLDER python benchmarks/parts.py ../shared/devset --half tune --answers spoken --every 4

In: a folder with `people.json` and `questions.jsonl`. Everybody is enrolled; the questions are what one person who is
there does and where, for "spoken" also whether she is there. Out: a table, a row a part:

- answers whose text changes; of these, how many became right and how many wrong by what the reference names
  (`phrases.py`, and the words by which a caption confirms a choice);
- deeds that the model told and that change: another one is told or none, or its probability moves by more than
  `MOVED`; and how far that moves in the mean;
- seconds an answer.

Rows in brackets take the evidence away and not a part: another order of moments, another person's looks, nothing of
what the experts saw, all of it. SPR and HAE shape the heads while they are trained and have nothing to switch off.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import labelled
import numpy as np
import torch
from phrases import place_agrees, place_of, postures_of
from switches import changed, dark, equal_shares, routed, shuffled, silent, swapped

from pvchat import PVChat
from pvchat.config import Settings
from pvchat.eval.manifest import HALVES
from pvchat.identity.enroll import enroll
from pvchat.model.choices import choices
from pvchat.model.pvchat import PVChatModel
from pvchat.model.trained import TrainedModel
from pvchat.perception.deeds import deed_logits, likeliest
from pvchat.schemas import ClipAnalysis, FloatArray

MOVED = 0.01  # of probability, from which a told deed counts as changed
Off = AbstractContextManager[None]


@dataclass(frozen=True)
class Part:
    """One row of the table.

    Attributes:
        name: of the part.
        off: switches it off for a while.
        person: it is a part of what the model takes for a person, which only `--answers spoken` makes.
    """

    name: str
    off: Callable[[PVChat], Off]
    person: bool = False


@dataclass(frozen=True)
class Evidence:
    """A row in brackets: what the model looks at in a clip's place, given the next clip, too."""

    name: str
    instead: Callable[[ClipAnalysis, ClipAnalysis], ClipAnalysis]


@dataclass(frozen=True)
class Case:
    """A question in whose answer the model told a deed: where, what, and how likely each deed was."""

    row: labelled.Row
    said: str
    shares: FloatArray


def main(argv: list[str] | None = None) -> None:
    """Ask with all parts, then with each off, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--half", choices=HALVES, default="tune")
    parser.add_argument("--answers", choices=("model", "spoken"), default="model")
    parser.add_argument("--every", type=int, default=1, help="ask each so many-th question only")
    args = parser.parse_args(argv)
    torch.set_num_threads(1)
    types = ("action", "location", "existence") if args.answers == "spoken" else ("action", "location")
    rows = [r for r in labelled.questions(args.folder, args.half) if r["kind"] == "single" and r["type"] in types]
    rows = sorted(rows, key=lambda row: row["video"])[:: args.every]
    table = Table(in_torch(args.answers), args.folder, rows)
    sys.stdout.write("| off | answers that change | became right, wrong | told deeds that change | moved by | ")
    sys.stdout.write(f"s an answer |\n|---|---|---|---|---|---|\n{table.head()}\n")
    for part in PARTS:
        sys.stdout.write(f"{table.without(part)}\n")
        sys.stdout.flush()
    for evidence in EVIDENCE:
        sys.stdout.write(f"{table.looking_at(evidence)}\n")


def in_torch(answers: str) -> PVChat:
    """PVChat whose trained model is one torch module in memory, so that its parts can be switched."""
    chat = PVChat(Settings(device="cpu", answers=answers))
    folder = chat.networks.trained.folder
    model = PVChatModel.from_pretrained(folder, llm=None if answers == "spoken" else "none")
    chat.networks.__dict__["trained"] = TrainedModel(folder, "cpu", model)
    chat.score = cache_of(chat.score)  # who is there doesn't depend on the trained model
    return chat


def cache_of(score: Callable[..., Any]) -> Callable[..., Any]:
    """Presence of everybody, once a clip."""
    known: dict[Any, Any] = {}

    def scored(people: Any, analysis: ClipAnalysis, window: Any = None) -> Any:
        key = (analysis.key, window, *(person.name for person in people))
        if key not in known:
            known[key] = score(people, analysis, window)
        return [replace(one) for one in known[key]]

    return scored


class Table:
    """What was said with all parts, to compare with.

    Args:
        chat: the service; everybody in the folder is enrolled, if nobody is.
        folder: of clips.
        rows: the questions, clip by clip.
    """

    def __init__(self, chat: PVChat, folder: Path, rows: list[labelled.Row]) -> None:
        self.chat, self.folder, self.rows = chat, folder, rows
        for one in labelled.people(folder) if not chat.people.names() else ():
            chat.people.add(enroll(chat.analyse(folder / one["enroll"], stage="who"), one["name"]))
        self.clips = [
            chat.analyse(folder / video, stage="who") for video in dict.fromkeys(row["video"] for row in rows)
        ]
        self.said, self.seconds = self._asked()
        found = [(row, *self._deed(row)) for row in rows if row["type"] == "action"]
        self.cases = [Case(row, said, shares) for row, said, shares in found if said is not None]

    def head(self) -> str:
        """The first row: everything on."""
        right = sum(is_right(row, said) is True for row, said in zip(self.rows, self.said, strict=True))
        judged = sum(is_right(row, said) is not None for row, said in zip(self.rows, self.said, strict=True))
        told = f"{len(self.cases)} deeds"
        return f"| nothing | {len(self.rows)} asked | {right} of {judged} right | {told} | | {self.seconds:.2f} |"

    def without(self, part: Part) -> str:
        """The row of a part."""
        if part.person and self.chat.networks.source != "spoken":
            return f"| {part.name} | not computed | | | | |"
        with part.off(self.chat):
            return f"| {part.name} {self._compared()}"

    def looking_at(self, evidence: Evidence) -> str:
        """The row of other evidence: only the model sees it, so that what was measured stays."""
        after = {a.key: b for a, b in zip(self.clips, self.clips[1:] + self.clips[:1], strict=True)}
        describer = self.chat.describer
        read = describer.mean_query

        def instead(clip: ClipAnalysis) -> ClipAnalysis:
            return replace(evidence.instead(clip, after[clip.key]), key=f"{clip.key} {evidence.name}")

        with changed((describer, "mean_query", lambda clip, track: read(instead(clip), track))):
            return f"| ({evidence.name}) {self._compared()}"

    def _compared(self) -> str:
        """Cells of a row: what is said now beside what was said with all parts."""
        said, seconds = self._asked()
        others = [(r, a, b) for r, a, b in zip(self.rows, self.said, said, strict=True) if a != b]
        judged = [(is_right(row, before), is_right(row, after)) for row, before, after in others]
        moved, other = list[float](), 0
        for case in self.cases:
            told, shares = self._deed(case.row)
            moved.append(abs(float(shares[case.shares.argmax()] - case.shares.max())))
            other += told != case.said or moved[-1] >= MOVED
        return (
            f"| {len(others)} | {judged.count((False, True))}, {judged.count((True, False))} "
            f"| {other} of {len(moved)} | {np.mean(moved or [0]):.3f} | {seconds:.2f} |"
        )

    def _asked(self) -> tuple[list[str], float]:
        """All answers, and the seconds that one took."""
        self.chat.describer.forget()
        began = time.perf_counter()
        said = [self.chat.ask(self.folder / row["video"], row["question"]).answer for row in self.rows]
        return said, (time.perf_counter() - began) / max(1, len(said))

    def _deed(self, row: labelled.Row) -> tuple[str | None, FloatArray]:
        """The deed that is told with the model's word, and how likely each deed is; of nobody nothing."""
        chat, describer = self.chat, self.chat.describer
        analysis = chat.analyse(self.folder / row["video"])
        tracks = [one.track for one in chat.presence(analysis) if one.name in row["people"]]
        track = next((one for one in tracks if one is not None), None)
        logits = None if track is None else deed_logits(analysis.tracks[track], analysis)
        if track is None or logits is None:
            return None, np.zeros(0, np.float32)
        both = describer.deeds.probabilities(logits, describer.mean_query(analysis, track))
        told = likeliest(both)
        return (told[0] if told else None), np.array([*both.values()], np.float32)


def is_right(row: labelled.Row, said: str) -> bool | None:
    """Whether an answer names what the reference does; None where that names nothing to compare."""
    if row["type"] == "existence":
        return said.startswith("Yes" if row["present"][row["people"][0]] else "No")
    if row["type"] == "location":
        wanted, told = place_of(row["answer"]), place_of(said)
        return None if wanted is None else told is not None and place_agrees(told, wanted)
    named = deeds_of(row["answer"])
    return bool(named & deeds_of(said)) if named else None


def deeds_of(phrase: str) -> frozenset[str]:
    """The postures and the choices of deeds that a phrase names."""
    chosen = (one.said for one in choices("action") if re.search(rf"\b(?:{one.words})\b", phrase.lower()))
    return frozenset(chosen) | (postures_of(phrase) or frozenset())


def at_once(chat: PVChat) -> Off:
    """Frames and sightings averaged over the whole clip and not within stretches of it."""
    trained, whole = chat.networks.trained, {"frame_segments": 1, "track_segments": 1}
    config = replace(trained.config, **whole)
    return changed((trained, "config", config), (trained.model.connectors, "config", config))


def without_state(chat: PVChat, *names: str) -> Off:
    """People whose tokens, or whose head offsets, are 0."""
    state = chat.describer.state

    def emptied(person: Any) -> Any:
        made = state(person)
        return replace(made, **{name: torch.zeros_like(getattr(made, name)) for name in names})

    return changed((chat.describer, "state", emptied))


PARTS = (
    Part("mixed heads: the routed ones off", lambda chat: routed(chat.networks.trained.model, 0.0)),
    Part("mixed heads: all on, no router", lambda chat: routed(chat.networks.trained.model, 1.0)),
    Part("MoEC: its MLPs in equal shares", lambda chat: equal_shares(chat.networks.trained.model)),
    Part("HGA", lambda chat: changed((chat.networks.trained.model.connectors, "hga", False))),
    Part("MoVA's gate", lambda chat: changed((chat.networks.trained.model, "gate", None))),
    Part("stretches of time: one, not four", at_once),
    Part("personal tokens", lambda chat: without_state(chat, "tokens"), person=True),
    Part("head offsets", lambda chat: without_state(chat, "z"), person=True),
    Part("(connectors)", lambda chat: silent(chat.networks.trained.model)),
)
EVIDENCE = (Evidence("moments in another order", shuffled), Evidence("another's looks", swapped),
            Evidence("nothing seen", dark))  # fmt: skip


if __name__ == "__main__":
    main()

"""Free questions, as people type them, put to clips of a development set: answers to be read by eye.

    PVCHAT_HOME=FOLDER python benchmarks/free.py ../shared/devset --answers spoken --half tune --out answers.jsonl

In: `data/free_questions.txt`, and a folder with `people.json` and `questions.jsonl` (who is in which clip). Everybody
is enrolled whom $PVCHAT_HOME doesn't know yet. Each question gets a clip that shows as many people as it names, in an
order that the seed gives. Out: one line a question with its answer, and for `--answers spoken` how many sentences are
the model's and what the guard stopped; a summary at the end. Whether an answer is right is for a reader to say.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import labelled
import numpy as np

from pvchat import PVChat
from pvchat.chat.english import COLOURS, word_set
from pvchat.chat.question import Basis
from pvchat.chat.reader.statements import words_in
from pvchat.chat.speakers import answerer
from pvchat.chat.speakers.checking import Hearing
from pvchat.config import Settings
from pvchat.errors import PVChatError
from pvchat.model import speculative

QUESTIONS = Path(__file__).parents[1] / "data" / "free_questions.txt"


def main(argv: list[str] | None = None) -> None:
    """Ask all questions and print the summary."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--answers", default="auto")
    parser.add_argument("--model", default=Settings.model)
    parser.add_argument("--half", choices=("tune", "check"), default="tune")
    parser.add_argument("--questions", type=Path, default=QUESTIONS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--every", type=int, default=1, help="ask each so many-th question only")
    parser.add_argument("--start", type=int, default=0, help="and begin with this one (0 is the first)")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(argv)
    chat = PVChat(Settings(device="cpu", model=args.model, answers=args.answers))
    shown = present_in(args.folder, args.half)
    enroll(chat, args.folder, {name for names in shown.values() for name in names})
    spoken = watched()
    counted()
    rows = []
    with args.out.open("w", encoding="utf-8") as file:
        for drawn in draw(shown, args.seed, args.questions)[args.start :: args.every]:
            rows.append(ask(chat, args.folder, *drawn, spoken))
            file.write(json.dumps(rows[-1]) + "\n")
            file.flush()
    own, said, refused, barred = (sum(row[key] for row in rows) for key in ("own", "sentences", "stopped", "barred"))
    first = float(np.median([row["first_cpu_s"] for row in rows]))
    sys.stdout.write(
        f"{len(rows)} questions, {said} sentences, {own} the model's, {refused} answers stopped "
        f"({barred} with a name, number, time or colour that it wasn't told), "
        f"{sum(row['led'] for row in rows)} words of {sum(row['tokens'] for row in rows)} led, "
        f"first word after {first:.2f} processor seconds in the median\n"
    )


def present_in(folder: Path, half: str) -> dict[str, list[str]]:
    """Who is in which clip of a half."""
    shown: dict[str, set[str]] = defaultdict(set)
    for row in labelled.questions(folder, half):
        shown[row["video"]] |= {name for name, there in row["present"].items() if there}
    return {clip: sorted(names) for clip, names in sorted(shown.items()) if names}


def enroll(chat: PVChat, folder: Path, wanted: set[str]) -> None:
    """Enroll everybody wanted whom the store lacks."""
    known = {person.name for person in chat.people.all()}
    for row in labelled.people(folder):
        if row["name"] in wanted - known:
            chat.enroll(folder / row["enroll"], row["name"])


def draw(shown: dict[str, list[str]], seed: int, questions: Path = QUESTIONS) -> list[tuple[str, str, bool]]:
    """(clip, question, whether it can be answered) for each question of the file."""
    rng = np.random.default_rng(seed)
    found = []
    for line in questions.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        text, answerable = line.rsplit("|", 1)
        clips = [clip for clip, names in shown.items() if len(names) >= 1 + ("{1}" in text)]
        clip = clips[int(rng.integers(len(clips)))]
        names = [str(name) for name in rng.permutation(shown[clip])]
        found.append((clip, text.strip().format(*names), answerable.strip() == "yes"))
    return found


count = [0, 0]  # tokens written about one question, and those of the rules' where another was likelier


def counted() -> None:
    """Count in `count` what is written, and what of it isn't the model's first choice."""
    plain = speculative._accepted

    def accepted(logits: Any, guess: Sequence[int], slack: Sequence[float]) -> list[int]:
        kept, own = plain(logits, guess, slack), logits.argmax(-1).tolist()
        right = next((i for i, (a, b) in enumerate(zip(kept, guess, strict=False)) if a != b), len(guess))
        count[0] += right + 1
        count[1] += sum(a != b for a, b in zip(kept[:right], own, strict=False))
        return kept

    speculative._accepted = accepted


Said = tuple[Basis, Hearing]  # what the model's answer was made from, and the answer


def watched() -> list[Said]:
    """A list that every answer of the model is added to."""
    made: list[Said] = []
    plain = answerer.Answerer.answer

    def answer(self: Any, known: Basis, *args: Any, **named: Any) -> Hearing | None:
        if (heard := plain(self, known, *args, **named)) is not None:
            made.append((known, heard))
        return heard

    answerer.Answerer.answer = answer
    return made


def ask(chat: PVChat, folder: Path, clip: str, question: str, answerable: bool, spoken: list[Said]) -> dict[str, Any]:
    """One question as a row of the result."""
    spoken.clear()
    count[:] = [0, 0]
    began, spent, heard = time.perf_counter(), time.process_time(), []
    kind: str
    try:
        answer = chat.ask(folder / clip, question, stream=lambda _: heard.append(time.process_time() - spent))
        text, kind, first = answer.answer, answer.type, answer.timing["first_token_s"]
    except PVChatError as error:  # somebody who isn't enrolled
        text, kind, first = str(error), "error", 0.0
    known, made = spoken[0] if spoken else (None, Hearing(lambda sentence: (sentence, ""), said=[text]))
    logging.getLogger(__name__).info("%s: %s", question, text)
    return {
        "clip": clip, "question": question, "answerable": answerable, "type": kind, "answer": text,
        "plain": known.plain if known else text, "sentences": len(made.said), "own": made.own,
        "stopped": made.refused is not None, "refused": made.refused,
        "barred": bool(known and made.refused and invented(made.refused[0], known)),
        "tokens": count[0], "led": count[1], "first_cpu_s": round(heard[0], 3) if heard else 0.0,
        "first_s": round(first, 3), "total_s": round(time.perf_counter() - began, 3),
    }  # fmt: skip


def invented(sentence: str, known: Basis) -> list[str]:
    """Names, numbers, times and colours of a sentence that nothing known holds.

    They are what a mask over the words to choose from could keep the model from.
    """
    names = [one.name for one in known.timeline.enrolled]
    told = words_in(known.plain, names)
    kinds = COLOURS | word_set("one two three four five six seven eight nine ten")
    return [w for w in words_in(sentence, names) if (w[0] in "@0123456789" or w in kinds) and w not in told]


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    main()

"""Whether the trained model's yes and no rest on personal tokens: everybody's own, and another's in their place.

    PVCHAT_HOME=FOLDER python benchmarks/swaps.py ../shared/devset --half tune

In: a folder with `people.json` and `questions.jsonl`, as for `presence.py`. Out: for each clip of which somebody is
known to be there and somebody not, both enrolled, two questions ("Is … in this video?"), with nothing told but visual
and personal tokens. Counted: answers that are right by each one's own tokens; answers that turn when both get the
other's; answers that are right for whom the tokens are of; by part, with 95 % intervals (Wilson).
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import labelled
import numpy as np

from pvchat import PVChat
from pvchat.config import Settings
from pvchat.eval.manifest import HALVES
from pvchat.identity.enroll import enroll
from pvchat.people.person import Person
from pvchat.schemas import ClipAnalysis
from pvchat.train.person import wilson_lower_bound

QUESTION = "Is {} in this video?"
_DRAWS = 5  # pairs of a clip at most


def main(argv: list[str] | None = None) -> None:
    """Ask all and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--half", choices=HALVES, default="tune")
    parser.add_argument("--model", default=Settings.model)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(argv)
    chat = PVChat(Settings(device="cpu", model=args.model, answers="spoken"))
    known = labelled.people(args.folder)
    people = {p["name"]: enroll(chat.analyse(args.folder / p["enroll"], stage="who"), p["name"]) for p in known}
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for video, there, away, hard in pairs(args.folder, args.half, args.seed):
        pair, analysis = (people[there], people[away]), chat.analyse(args.folder / video, stage="who")
        printed = all(len(p.arrays.get("prints", ())) for p in pair)
        own, swapped = (says(chat, analysis, pair, list(people.values()), turned) for turned in (False, True))
        for part in (
            "all",
            "hard" if hard else "easy",
            *(["faceprints", f"faceprints, {'hard' if hard else 'easy'}"] if printed else []),
        ):
            found[part] += [(own[0], swapped[0]), (-own[1], -swapped[1])]
    for part, rows in sorted(found.items()):
        table = np.array(rows)  # log-odds of the right answer by own tokens, of the same answer by the other's
        right, turned, follows = table[:, 0] > 0, (table[:, 0] > 0) != (table[:, 1] > 0), table[:, 1] < 0
        both = (right & turned).reshape(-1, 2).all(1)
        cells = [f"{name} {_share(one)}" for name, one in (("right", right), ("turned", turned), ("follow", follows))]
        sys.stdout.write(f"{part:18} n {len(rows):4}: {'; '.join(cells)}; pairs wholly {_share(both)}\n")


def pairs(folder: Path, half: str, seed: int) -> list[tuple[str, str, str, bool]]:
    """(clip, who is there, who isn't, whether a question about either is a hard one), a few of each clip."""
    shown: dict[str, dict[str, tuple[bool, bool]]] = defaultdict(dict)
    for row in labelled.about_one(labelled.questions(folder, half)):
        name = row["people"][0]
        shown[row["video"]][name] = (row["present"][name], row["id"].startswith("hard-"))
    rng, found = np.random.default_rng(seed), []
    for video, asked in sorted(shown.items()):
        every = [(a, b) for a, one in asked.items() for b, two in asked.items() if one[0] and not two[0]]
        for i in rng.permutation(len(every))[:_DRAWS]:
            a, b = every[i]
            found.append((video, a, b, asked[a][1] or asked[b][1]))
    return found


def says(
    chat: PVChat, analysis: ClipAnalysis, people: tuple[Person, Person], enrolled: list[Person], swapped: bool
) -> tuple[float, float]:
    """Log-odds of "Yes" to the question about each of two people; with the other's tokens if swapped."""
    import torch

    from pvchat.model.checkpoint import speaking_with
    from pvchat.model.people import People
    from recipes.model.prompts import Prompt
    from recipes.model.scoring import Asked, yes_no

    describer, trained = chat.describer, chat.describer.trained
    said = []
    with trained.lock, torch.inference_mode(), speaking_with(trained.model, trained.answering):
        for person, owner in zip(people, people[::-1] if swapped else people, strict=True):
            text = QUESTION.format(person.name)
            rivals = [p for p in enrolled if p is not owner]
            state = replace(describer.state(owner), name=person.name)
            people = People.batch([[state]], trained.model.config, rivals)
            seen, vector = describer.look(analysis), describer.vector(text)
            logit = yes_no(trained.model, Asked(seen, [Prompt(text)], vector, people))
            said.append(float(logit))
    return said[0], said[1]


def _share(hits: np.ndarray) -> str:
    share, n = float(hits.mean()), len(hits)
    return f"{share:.3f} ({wilson_lower_bound(share, n):.2f}–{1 - wilson_lower_bound(1 - share, n):.2f})"


if __name__ == "__main__":
    main()

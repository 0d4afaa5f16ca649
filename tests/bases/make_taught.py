"""A tiny base of some family, pretrained (`make_pretrained.py`), and the two people of the lessons taught to it.

Run for other families than the tests take (three to seven processor minutes each):

    PYTHONPATH=tests python tests/bases/make_taught.py smolvlm internvl qwen3_vl llava_onevision
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from make_lessons import PEOPLE, lessons
from make_pretrained import save_pretrained

from pvchat.bases.loading import Base, load_base
from pvchat.bases.marking import Visuals
from pvchat.bases.prompts import PRESENCE_BRIEF, PRESENCE_QUESTION, BasePrompt, inputs_of, yes_no
from pvchat.bases.shared import add_shared
from pvchat.bases.soft import spoken_with
from pvchat.bases.sources import read_source
from pvchat.bases.states import STATE, adapted, personal_of
from pvchat.people.person import Person
from pvchat.runtime import one_thread
from pvchat.train.config import PersonConfig
from pvchat.train.examples import BaseData
from pvchat.train.person import Gate, train_person, with_state
from pvchat.train.signals import TrainingSession
from pvchat.train.stages import Trained

TAUGHT = PersonConfig(image_steps=20, video_steps=60, minutes=60, batch=4, lr=1e-2, anchor=0.0, validate_every=20,
                      patience=9)  # fmt: skip
Found = dict[str, tuple[BaseData, Trained, Gate]]


def open_pretrained(folder: Path) -> Base:
    """A base of a folder, with mixed heads."""
    return add_shared(load_base(read_source(str(folder)), dtype=torch.float32))


def teach(base: Base, config: PersonConfig = TAUGHT) -> Found:
    """Ana and Bo taught to a base, each for herself: their data, training and gate."""
    found = {}
    with one_thread():
        for name in PEOPLE:
            data = lessons(name, 48)
            found[name] = (data, *train_person(base, data, config, TrainingSession()))
    return found


@torch.inference_mode()
def log_odds(base: Base, person: Person, visuals: Visuals) -> float:
    """The base's log-odds that somebody whom it was taught is in these frames, as her gate calibrated them."""
    known = personal_of(base, [person])
    question = PRESENCE_QUESTION.format(person.name)
    asked = BasePrompt(question, soft=((person.name, len(known[0].tokens)),), brief=PRESENCE_BRIEF)
    with spoken_with(base, known), adapted(base, [person]):
        odds = float(yes_no(base, inputs_of(base, visuals, asked)))
    return float(person.extra[STATE]["scale"]) * odds + float(person.extra[STATE]["bias"])


def told_right(base: Base, found: Found, whose: str, about: str) -> float:
    """Share of the clips held back from somebody's training (16) that are told by the state of one of the two."""
    person, data = with_state(Person(whose), *found[whose][1:], base), found[about][0]
    rows = [e for e in data.examples if e.split in ("val", "test")]
    assert len(rows) == 16
    return float(np.mean([(log_odds(base, person, data.visuals[e.clip]) > 0) == e.present[0] for e in rows]))


def main() -> None:
    """A row a family, person and seed of her training."""
    for family in sys.argv[1:]:
        started = time.process_time()
        with tempfile.TemporaryDirectory() as scratch:
            base = open_pretrained(save_pretrained(family, Path(scratch) / family))
            spent = time.process_time() - started
            for seed in (0, 1):
                found = teach(base, replace(TAUGHT, seed=seed))
                for name, (_, trained, gate) in found.items():
                    other = next(one for one in found if one != name)
                    told, swapped = told_right(base, found, name, name), told_right(base, found, other, name)
                    row = (family, f"{spent:.0f} s", f"seed {seed}", name, f"{trained.start:.2f} → {trained.best:.2f}",
                           f"{told:.3f}", f"{swapped:.3f}", f"drift {gate.drift:.2f} of {gate.asked}",
                           "passes" if gate.passed else "refused")  # fmt: skip
                    sys.stdout.write(f"| {' | '.join(row)} |\n")


if __name__ == "__main__":
    main()

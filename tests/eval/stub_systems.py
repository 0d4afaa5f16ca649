"""Two cheap systems and clips that are never decoded: what a run does around them is what is tested.

What they say depends on the question alone, so that every run must come out the same.
"""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path

import numpy as np
from make_analysis import make_analysis, make_track

from pvchat.errors import VideoReadError
from pvchat.eval.manifest import Item, Manifest, Subject, write
from pvchat.eval.systems import Reply, presence_row


class StubChat:
    """Analyses by the file's name; a clip named "broken" can't be read."""

    device = "cpu"
    people = None

    def analyse(self, path):
        if "broken" in Path(path).name:
            raise VideoReadError("is no video.", subject=str(path))
        return make_analysis(make_track(1), key=hashlib.sha256(Path(path).read_bytes()).hexdigest())


class Stub:
    """Answers by a hash of the question's id and its own name, slowly while a file is there; one question breaks it."""

    needs_clip = True

    def __init__(self, name, options):
        self.name, self.options = name, options

    def answer(self, item, path, analysis):
        if (slow := self.options.get("slow")) and Path(slow).exists():
            time.sleep(0.5)
        if log := self.options.get("log"):
            with open(log, "a", encoding="utf-8") as file:
                file.write(json.dumps([item.video, self.name, item.id]) + "\n")
        if item.id == "q-007":
            raise RuntimeError("this one breaks")
        draw = int(hashlib.sha256(f"{self.name}{item.id}".encode()).hexdigest()[:8], 16) / 2**32
        chance = round(0.7 * item.present[item.people[0]] + 0.3 * draw, 4)
        decision = "present" if chance > 0.55 else "unsure" if chance > 0.25 else "absent"
        people = [presence_row(name, decision, chance) for name in item.people]
        return Reply(f"{item.people[0]} is {'' if decision == 'present' else 'not '}in this video.", people)


def open_stub(spec):
    """PVChat and systems, as `worker.open_systems` returns them."""
    return StubChat(), [Stub(name, spec.options.options) for name in spec.systems]


def make_manifest(folder, clips=12, each=5):
    """A folder with made-up clips and questions about Ana and Ben."""
    draw = np.random.default_rng(5)
    (folder / "clips").mkdir(parents=True)
    items = []
    for n in range(clips):
        clip = folder / "clips" / (f"c{n:02d}.mp4" if n != 4 else "broken.mp4")
        clip.write_bytes(f"clip {n}".encode())
        for k in range(each):
            name, there = ("Ana", "Ben")[k % 2], bool(draw.random() < 0.5)
            content = k == 4 and there
            kind = "appearance" if content else "existence"
            answer = "red coat" if content else "yes" if there else "no"
            part, key = ("tv_made", "anime_made")[n % 2], f"q-{len(items):03d}"
            question = f"Is {name} there?"
            items.append(
                Item(key, part, f"clips/{clip.name}", (name,), "single", kind, question, answer, {name: there})
            )
    people = (Subject("Ana", "clips/c00.mp4", "tv_made"), Subject("Ben", "clips/c01.mp4", "tv_made"))
    write(Manifest("made", folder, people, tuple(items)), folder)
    return folder

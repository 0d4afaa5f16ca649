"""What is told of those present: measured facts, with what is known of how a sample was made."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from make_samples import ANA, make_analyses, make_sample

from pvchat.augment.questions.rows import describe
from pvchat.augment.questions.views import view_samples
from pvchat.augment.schemas import PLAIN
from pvchat.schemas import Garment, PersonFacts, SceneFacts


def view_of(notes: dict[str, str] | None = None, scene: SceneFacts | None = None, strangers: int = 0, **changes):
    sample = make_sample(0, {"Ana": True}, notes=notes or {})
    alone = make_sample(1, {"Ana": True})
    known, alone_known = make_analyses([sample, alone], strangers), make_analyses([sample, alone])

    def analyse(s):
        found = known(s) if s is sample else alone_known(s)
        for track in found.tracks:
            if np.allclose(track.facts.gender == "woman", True):
                track.facts = replace(track.facts, **changes)
        found.scene = scene or found.scene
        return found

    return view_samples([sample, alone], ANA, analyse)[0]


FACTS = PersonFacts(clothes=[Garment("shirt", "red", 0.9)], gender="woman", pose="sitting", gestures=["talking"],
                    features=["a hat"], hair="dark hair", where="on the left of the frame")  # fmt: skip


def tell(view, kind: str, question: str = "") -> str:
    return describe(view, kind, question)


def changes(**more):
    return {**{k: getattr(FACTS, k) for k in ("clothes", "pose", "gestures", "features", "hair", "where")}, **more}


def test_facts_are_told_in_the_words_of_answers() -> None:
    view = view_of(**changes())
    assert tell(view, "appearance") == "is wearing a red shirt and a hat"
    assert tell(view, "appearance", "What does {name} look like?").endswith("with dark hair")
    assert tell(view, "action") == "sits and talks"
    assert tell(view, "location") == "is before a grey wall, on the left of the frame"


def test_nothing_measured_is_nothing_told() -> None:
    nothing = changes(clothes=[], features=[], hair=None, pose=None, gestures=[], where=None)
    view = view_of(scene=SceneFacts(), **nothing)
    assert [tell(view, k) for k in ("appearance", "action", "location")] == [""] * 3


def test_a_made_motion_is_told() -> None:
    assert tell(view_of({"action": "nodding"}, **changes()), "action") == "sits, talks and nods"
    assert tell(view_of({"action": "talking"}, **changes()), "action") == "sits and talks"  # once


def test_a_mask_hides_a_made_smile() -> None:
    worn = changes(gestures=[], features=["a face mask"])
    assert tell(view_of({"action": "smiling"}, **worn), "action") == "sits"


def test_who_turns_does_not_face_the_camera() -> None:
    view = view_of({"action": "turning the head"}, **changes(pose=None, gestures=["facing the camera", "talking"]))
    assert tell(view, "action") == "talks and turns the head"


def test_a_made_up_background_is_no_place() -> None:
    scene = SceneFacts(place="a hospital", setting="outdoors", background="a green background", behind=["curtains"])
    note = {"location": PLAIN}
    assert tell(view_of(note, scene=scene, **changes()), "location") == (
        "is before a green background, on the left of the frame"
    )
    bare = SceneFacts(place="a hospital", behind=["curtains"])
    assert tell(view_of(note, scene=bare, **changes()), "location") == "is before a plain background, on the left"

"""Compares a person from a file with everyone who is enrolled, before she is imported: does she look like one of them?

In: a `Person`, everyone else. Out: nothing, or an error that says whom she looks like (a `check` of
`PeopleStore.import_`). Two enrollments of one person take each other's sightings, so copies of somebody's vectors under
other names would make PVChat answer "she is not in this video" about her. The file is compared as an enrollment clip
of hers would be.

Legend: P rows of a view, K views.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pvchat.config import PresenceConfig
from pvchat.errors import PeopleError
from pvchat.identity.corrections import MASK, confirmed_view
from pvchat.identity.presence import PresenceModel
from pvchat.people.parts import View, parts_of, stacked
from pvchat.people.person import Person
from pvchat.schemas import BODY, ClipAnalysis, PersonFacts, SceneFacts, Track


def require_unlike(person: Person, others: Sequence[Person]) -> None:
    """Raise PeopleError where a person looks like one of the others."""
    if like := looks_like(person, others):
        what = f"this looks like {like}, who is enrolled already: the same person, or another?"
        hint = f"If it is {like}: import it with --name and --replace. If it is somebody else: "
        raise PeopleError(what, subject=person.name, hint=f"{hint}pvchat people import FILE --alike.")


def looks_like(person: Person, others: Sequence[Person]) -> str:
    """Whose name it is that a person's vectors are found present under, the likeliest's; "" for nobody."""
    if not others:
        return ""
    model = PresenceModel.load()
    scored = [one for clip in as_clips(person) for one in model.score(others, clip, PresenceConfig())]
    found = [one for one in scored if one.decision == "present"]
    return max(found, key=lambda p: p.probability).name if found else ""


def as_clips(person: Person) -> list[ClipAnalysis]:
    """What experts would say of a filmed clip that shows what each of a person's K views holds of her face, and of one
    that shows her figure: of one of them, or both.
    """
    views, figure = (*parts_of(person), confirmed_view(person)), person.figure
    faces = [_track(view, "face") for view in views if len(view.rows)]
    if person.kind == "figure":
        faces, figure = [], stacked(view.rows for view in views)
    figures = [] if figure is None else [_track(View(figure.mean(0, keepdims=True)), "figure")]
    place = np.asarray(person.arrays.get("frame", np.zeros(BODY)), np.float16).reshape(1, 1, BODY)
    scenes = (faces, SceneFacts()), (figures, SceneFacts(drawn=bool(person.drawn)))
    middle = np.full(1, 0.5, np.float32)
    return [ClipAnalysis("", 1.0, 1, 1, middle, place, tracks, scene) for tracks, scene in scenes if tracks]


def _track(view: View, kind: str) -> Track:
    """A track of the P rows of a view, each as good a sighting as there can be."""
    rows = np.asarray(view.rows, np.float32)
    if kind == "figure":
        rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    count, facts = len(rows), PersonFacts(features=[MASK] if view.masked else [])
    boxes, sure = np.tile(np.array([0.25, 0.25, 0.75, 0.75], np.float32), (count, 1)), np.ones(count, np.float32)
    return Track(
        kind=kind,  # type: ignore[arg-type]
        frames=np.zeros(count, np.int64), boxes=boxes, points=np.full((count, 5, 2), np.nan, np.float32),
        scores=sure, quality=sure, identity=rows, body_boxes=np.zeros((count, 4), np.float32),
        body=np.zeros((count, BODY), np.float32), pose=np.full((count, 33, 4), np.nan, np.float32),
        prints=np.asarray(view.prints, np.float16), facts=facts,
    )  # fmt: skip

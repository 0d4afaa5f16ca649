"""How many people a clip shows: tracks are no people, those seen at the same time are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from make_analysis import make_analysis, make_track
from make_asked import found, plain_answer, read_question

from pvchat.chat.clip_timeline import timeline_from, timeline_of
from pvchat.chat.say.people import acts, whereabouts
from pvchat.identity.evidence import Evidence, Neighbour, gather, most_at_once, one_name_each
from pvchat.perception.bodyfaces import head_of
from pvchat.perception.experts.faceprint import nobody
from pvchat.schemas import (
    ClipAnalysis,
    Garment,
    Ground,
    PersonFacts,
    PersonPresence,
    SceneFacts,
    SceneSpan,
    Thing,
    Track,
)

ANA = PersonPresence("Ana", "present", 0.9, [(0.0, 2.0)], 0, (0,))
BOX = (0.52, 0.2, 0.72, 0.6)  # next to `make_track`'s own


def test_a_sleeve_that_was_taken_for_a_face_is_nobody() -> None:
    """Clear to the detector and seen twice, but its faceprints are those of what isn't a face."""
    sleeve = make_track(5, range(2))
    assert gather([], make_analysis(sleeve)).unknown == 1  # without faceprints nobody can tell
    blank = np.float32(nobody()[:1]).repeat(2, 0).astype(np.float16)
    assert gather([], make_analysis(replace(sleeve, prints=blank))).unknown == 0
    often = replace(make_track(5, range(4)), prints=blank)
    assert gather([], make_analysis(often)).unknown == 1  # who is seen again and again is somebody, from behind
    half = np.concatenate((blank[:1], np.random.default_rng(0).standard_normal((1, 512)).astype(np.float16) / 23))
    assert gather([], make_analysis(replace(sleeve, prints=half))).unknown == 1


def test_a_face_on_a_shirt_is_nobody_and_a_child_on_an_arm_is() -> None:
    """So is who comes close to the camera, before somebody in the background."""
    skull, child, close = ((0.2, 0.6, 0.56, 0.98), (0.35, 0.65, 0.45, 0.8), (0.1, 0.3, 0.9, 1.0))
    for box, frames, count in ((skull, 3, 1), (skull, 8, 2), (child, 3, 2), (close, 3, 2)):
        assert gather([], make_analysis(make_track(), make_track(5, range(frames), box=box))).unknown == count


def answer(text: str, tracks: list[Track], ana: PersonPresence = ANA) -> str:
    return plain_answer(read_question(text, ["Ana"]), [ana], gather([ana], make_analysis(*tracks)))


def test_two_names_for_one_sighting_are_one_person_in_a_list() -> None:
    """Each is likelier than not when asked for; "both are here" would make two of one."""
    ben, cleo = (
        PersonPresence("Ben", "present", 0.6, [], 0, (0,)),
        PersonPresence("Cleo", "present", 0.7, [], 0, (0, 1)),
    )
    everyone = [ben, ANA, cleo]
    assert [p.decision for p in one_name_each(everyone)] == [
        "unsure",
        "present",
        "present",
    ]  # Cleo may be the other one
    clip = make_analysis(make_track(1))
    asked = read_question("Who is in this video?", ["Ana", "Ben"])
    assert plain_answer(asked, asked.about([ben, ANA]), gather([ben, ANA], clip)) == (
        "Ana is in this video. I'm not sure about Ben."
    )
    counted = read_question("How many people?", ["Ana", "Ben"])
    said = plain_answer(counted, counted.about([ben, ANA]), gather([ben, ANA], clip))
    assert said == "I see one person in this video: Ana."
    named = read_question("Is Ben there?", ["Ana", "Ben"])
    assert plain_answer(named, named.about([ben, ANA]), gather([ben, ANA], clip)).startswith("Probably yes: Ben")
    assert gather([ben, ANA], clip).facts.keys() == {"Ana", "Ben"}  # of each, as far as she is asked about


def seen_with(tracks: list[Track], *bodies: Thing) -> ClipAnalysis:
    made = make_analysis(*tracks)
    made.bodies = list(bodies)
    return made


def body(left: float, frames: Sequence[int]) -> Thing:
    """Somebody upright whose head begins at the top of `make_track`'s faces."""
    return Thing("person", 0.0, list(frames), [[left, 0.2, left + 0.2, 1.0]] * len(frames), [0.9] * len(frames))


def test_who_turns_away_is_counted_by_the_body() -> None:
    clip = seen_with([], body(0.4, range(6)))
    assert gather([], clip).unknown == 1
    said = plain_answer(read_question("How many people are there?", []), [], gather([], clip))
    assert said == "I see one person in this video."
    assert gather([], seen_with([], body(0.4, range(4)), body(0.7, range(6)))).unknown == 1  # a second is too short
    assert gather([], clip.between(0.0, 0.1)).unknown == 1  # unless there is no more
    unsure = PersonPresence("Ana", "unsure", 0.5, [], 0, (0,))
    her = make_track(1, kind="figure")
    assert gather([unsure], seen_with([her], body(0.4, range(6)))).unknown == 0


def test_a_body_beside_her_is_somebody_and_her_own_is_not() -> None:
    face = make_track(1)
    x0, y0, x1, y1 = np.median(face.boxes, 0).tolist()
    own = Thing("person", 0.0, list(range(7)), [[x0 - 0.05, y0 - 0.02, x1 + 0.05, 1.0]] * 7, [0.9] * 7)
    assert gather([ANA], seen_with([face], own)).unknown == 0
    assert gather([ANA], seen_with([face], own)).others == gather([ANA], seen_with([face])).others
    clip = seen_with([face], own, replace(own, boxes=[[x1 + 0.06, y0, x1 + 0.26, 1.0]] * 7))
    said = plain_answer(read_question("Who is next to Ana?", ["Ana"]), [ANA], gather([ANA], clip))
    assert said == "Somebody I don't know is next to Ana."
    timeline = timeline_of([ANA], clip)
    assert found("Is Ana alone?", ["Ana"], timeline).verdict == "no"


def test_who_falls_without_a_face_is_told_of_however_many_are_known() -> None:
    high, low = [0.4, 0.1, 0.6, 0.9], [0.2, 0.7, 0.8, 0.95]
    falls = Thing("person", 0.0, list(range(6)), [high] * 3 + [low] * 3, [0.9] * 6)
    clip = seen_with([make_track(1, [7])], falls)
    seen = gather([ANA], clip)
    assert [one.facts.movement for one in seen.others if one.name is None] == ["falling"]
    assert found("Does anybody fall?", ["Ana"], timeline_of([ANA], clip)).verdict == "yes"
    brief = replace(falls, frames=list(range(5)), boxes=falls.boxes[:5], scores=falls.scores[:5])
    film = replace(seen_with([], brief), scenes=[SceneSpan(0.0, 2.0, SceneFacts())])
    assert gather([], film).others[0].facts.movement  # of whose samples two are as long as four
    assert not gather([], replace(film, scenes=[])).others[0].facts.movement
    her = make_track(1, [0], kind="figure")  # whose body it is
    her.boxes[:] = head_of(np.array(high, np.float32))
    assert [one.name for one in gather([ANA], seen_with([her], falls)).others] == ["Ana"]


def test_a_drawn_figure_nobody_knows_is_one_person() -> None:
    parts = [make_track(4, kind="figure"), make_track(5, kind="figure", box=(0.3, 0.4, 0.5, 0.7))]  # her chest, say
    clip = make_analysis(*parts)
    clip.scene.drawn = True
    assert gather([], clip).unknown == 1
    assert gather([ANA], clip).unknown == 0
    parts[1].boxes[:] = (0.7, 0.2, 0.9, 0.6)  # beside the first
    assert gather([], clip).unknown == 2
    assert gather([ANA], clip).unknown == 1
    parts[1].scores[:] = 0.9  # a hand, perhaps
    assert gather([], clip).unknown == 1
    for part in parts:
        part.scores[:] = 0.3  # the middle of the frame, where nothing was found
    assert gather([], clip).unknown == 0


def test_the_face_of_a_drawn_figure_who_is_known_is_no_stranger() -> None:
    figure, face = make_track(4, [0, 3, 7], kind="figure"), make_track(1, range(2, 8), box=(0.32, 0.3, 0.48, 0.55))
    clip = make_analysis(figure, face)
    clip.scene.drawn = True
    assert gather([], clip).unknown == 1
    seen = gather([ANA], clip)
    assert (seen.unknown, [o.name for o in seen.others]) == (0, ["Ana"])
    counted = plain_answer(read_question("How many people?", ["Ana"]), [ANA], seen)
    assert counted == "I see one person in this video: Ana."
    face.boxes[:] = (0.45, 0.3, 0.61, 0.55)  # a third of it in her box: somebody beside her
    assert gather([ANA], clip).unknown == 1
    face.boxes[:] = (0.32, 0.3, 0.48, 0.55)
    clip.scene.drawn = False  # a box of a body in a photo: who stands before it is another one
    assert gather([ANA], clip).unknown == 1


def test_a_drawn_face_that_is_never_seen_with_the_figure_stays_somebody() -> None:
    clip = make_analysis(make_track(4, [0, 1], kind="figure"), make_track(1, range(4, 8)))
    clip.scene.drawn = True
    assert gather([ANA], clip).unknown == 1


def test_one_stranger_in_two_tracks_is_one_person() -> None:
    tracks = [make_track(1), make_track(2, range(3), box=BOX), make_track(2, range(4, 8), box=BOX)]
    assert answer("Who is here?", tracks).endswith("There is also one person I don't know.")
    assert answer("How many people are there?", tracks).startswith("I see two people")
    assert answer("Who is next to Ana?", tracks) == "Somebody I don't know is next to Ana."


def test_the_most_at_the_same_time_count() -> None:
    three = [make_track(2, range(6)), make_track(3, range(2, 8)), make_track(4, [2, 3]), make_track(5, [6, 7])]
    assert gather([ANA], make_analysis(make_track(1), *three)).unknown == 3
    assert gather([ANA], make_analysis(make_track(1))).unknown == 0


def test_sightings_that_are_not_kept_count_too() -> None:
    """A long video keeps the best sightings of a track; `seen` has all."""
    one, other = make_track(2, [0, 1]), make_track(3, [6, 7])
    assert gather([], make_analysis(one, other)).unknown == 1
    one.seen = np.arange(8)
    assert gather([], make_analysis(one, other)).unknown == 2


def test_another_track_of_hers_is_no_stranger() -> None:
    tracks = [make_track(1, range(3)), make_track(1, range(4, 8))]
    both = PersonPresence("Ana", "present", 0.9, [(0.0, 2.0)], 0, (0, 1))
    assert gather([both], make_analysis(*tracks)).unknown == 0
    assert answer("How many people are there?", tracks, both).startswith("I see one person")


def test_who_is_seen_beside_herself_is_somebody_else() -> None:
    both = PersonPresence("Ana", "present", 0.9, [(0.0, 2.0)], 0, (0, 1))
    assert gather([both], make_analysis(make_track(1), make_track(1, [3, 4], box=BOX))).unknown == 1


def test_who_may_be_somebody_enrolled_is_counted_once() -> None:
    unsure = PersonPresence("Ana", "unsure", 0.5, [], 0, (0, 1))
    timeline = timeline_of([unsure], make_analysis(make_track(1, range(3)), make_track(1, range(4, 8))))
    assert (timeline.strangers, timeline.unnamed) == (0, 1)


@pytest.mark.parametrize(
    ("shown", "count"),
    [([], 0), ([[0, 1]], 1), ([[0, 1], [1, 2]], 2), ([[0, 1], [2, 3]], 1), ([[], []], 2), ([[0], [0], [1]], 2)],
)
def test_at_once(shown: list[list[int]], count: int) -> None:
    assert most_at_once(shown) == count


def beside(evidence: Evidence, people: Sequence[PersonPresence] = (ANA,), strangers: bool = True) -> str:
    """Who is told of as beside Ana; strangers are where nothing else says where she is."""
    timeline = timeline_from(evidence, people)
    rows = tuple(row for row in timeline.rows if not (strangers and row.attribute == "side"))
    timeline = replace(timeline, rows=rows)
    return whereabouts("Ana", timeline.seen("Ana"), timeline).partition("next to ")[2]


def test_neighbours_that_follow_each_other_are_one() -> None:
    here, times = {"Ana": (0.3, 0.2, 0.5, 0.6)}, [0.25 + 0.5 * i for i in range(5)]
    others = [Neighbour(BOX, None, (0, 1)), Neighbour(BOX, None, (3, 4))]
    assert beside(Evidence(boxes=here, others=others, unknown=2, times=times)) == "one person"
    others = [Neighbour(BOX, None, (0, 3)), Neighbour(BOX, None, (3, 4))]
    assert beside(Evidence(boxes=here, others=others, unknown=2, times=times)) == "two people"
    times = [0.05 + 0.1 * i for i in range(20)]
    assert beside(Evidence(boxes=here, others=others[:1], unknown=1, times=times)) == ""  # only in passing


def test_in_the_dark_black_is_only_dark() -> None:
    track = make_track()
    track.facts.clothes = [Garment("suit", "black", 0.8), Garment("shirt", "white", 0.8)]
    analysis = make_analysis(track)
    ana = PersonPresence("Ana", "present", 0.9, [(0.0, 2.0)], 0)
    assert [g.colour for g in gather([ana], analysis).facts["Ana"].clothes] == ["black", "white"]
    analysis.scene.light = "dark"
    assert [g.colour for g in gather([ana], analysis).facts["Ana"].clothes] == ["dark", "white"]
    assert track.facts.clothes[0].colour == "black"  # what was measured stays


def test_nobody_is_beside_somebody_of_another_shot_and_a_doubtful_name_is_not_told() -> None:
    early, late = make_track(0, range(4)), make_track(1, range(4, 8), box=BOX)
    ben = PersonPresence("Ben", "present", 0.9, [(0.0, 2.0)], 1, (1,))
    assert beside(gather([ANA, ben], make_analysis(early, late)), [ANA, ben]) == ""
    both = make_analysis(make_track(0), make_track(1, box=BOX))
    assert beside(gather([ANA, ben], both), [ANA, ben], strangers=False) == "Ben"
    doubtful = replace(ben, probability=0.6)
    assert beside(gather([ANA, doubtful], both), [ANA, doubtful]) == "one person"


def test_their_is_his_hers_or_the_head() -> None:
    def does(gender: str | None, sure: float) -> str:
        ground = {"gender": Ground(1.0, (0, 0, 1, 1), sure)}
        shaking = PersonFacts(gestures=["shaking their head"], gender=gender, grounds=ground)
        timeline = timeline_from(Evidence({"Ana": shaking}), [ANA])
        return acts("Ana", timeline.seen("Ana"), timeline)

    assert does("woman", 0.95) == "shakes her head"
    assert does("woman", 0.81) == does(None, 0.0) == "shakes the head"

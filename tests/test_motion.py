"""Words for gestures, from made-up measurements."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from pvchat.perception.experts.mesh import Mesh
from pvchat.perception.gestures import direction_changes
from pvchat.perception.motion import BodyMeasures, describe_motion, is_live, measure_body
from pvchat.schemas import HANDS, Track


def joints(places: dict[int, tuple[float, float]], visible: float = 0.9) -> np.ndarray:
    out = np.zeros((33, 4), np.float32)
    for index, place in places.items():
        out[index] = [*place, 0, visible]
    return out


def person(n: int, pose: np.ndarray | None = None) -> Track:
    boxes = np.tile(np.float32([0.45, 0.15, 0.55, 0.25]), (n, 1))
    z = np.zeros((n, 1), np.float32)
    poses = np.repeat(joints({})[None] if pose is None else pose[None], n, 0)
    return Track("face", np.arange(n), boxes, np.zeros((n, 5, 2), np.float32), z[:, 0], z[:, 0], z, boxes, z, poses)


def faces(n: int, **series) -> list[BodyMeasures]:
    base = {"mouth_open": np.arange(n) % 2 / 100, "smile": 0.1, "downcast": 0.0, "yaw": 13.0, "pitch": 0.0}
    rng = np.random.default_rng(0)
    rows = {k: np.broadcast_to(series.get(k, v), n) for k, v in base.items()}
    jitter = rng.normal(0, 0.6, n)  # degrees: what a living head does, as its mouth does above
    return [
        BodyMeasures(**{k: float(v[i]) + (jitter[i] if k == "yaw" else 0) for k, v in rows.items()}) for i in range(n)
    ]


def told(track: Track, measures: list[BodyMeasures]) -> list[str]:
    return describe_motion(track, np.zeros(len(measures), np.int64), measures, 1.0)[0]


def test_a_filmed_photo_is_not_alive():
    still = [BodyMeasures(mouth_open=0.01, smile=0.9, downcast=0.0, yaw=0.0, pitch=0.0)] * 10
    shots = np.zeros(10, np.int64)
    assert not is_live(person(10), shots, still)
    assert set(told(person(10), still)) == {"smiling", "facing the camera"}
    assert is_live(person(10), shots, faces(10, mouth_open=np.tile([0, 0.05], 5)))
    shaken = np.tile([0.0, 8.0], 5)
    assert is_live(person(10), shots, faces(10, yaw=shaken, mouth_open=0.0))
    assert not is_live(person(10), shots, faces(10, yaw=shaken, mouth_open=np.nan))  # a small face flickers


def test_talking_needs_a_mouth_that_opens_and_shuts():
    talking = faces(12, mouth_open=np.tile([0.0, 0.06, 0.02], 4))
    assert "talking" in told(person(12), talking)
    assert "talking" not in told(person(12), faces(12, mouth_open=0.08))
    once_wide = np.array([0.124, 0.021, 0.028, 0.086, 0.030, 0.098, 0.203, 0.194])  # of the demo's man in a car
    assert "talking" in told(person(8), faces(8, mouth_open=once_wide))
    opening = faces(12, mouth_open=np.linspace(0, 0.08, 12))  # once open, not shut again
    assert "talking" not in told(person(12), opening)
    laughing = faces(12, mouth_open=np.tile([0.0, 0.06, 0.02], 4), smile=0.9)
    assert "talking" not in told(person(12), laughing)
    for row in talking:
        row.hands[0] = hand(0.5, 0.25)
    assert "talking" not in told(person(12), talking)  # who can tell behind a hand?


def test_who_looks_down_is_told_by_the_lids():
    assert told(person(12), faces(12, yaw=0.0, downcast=0.8, pitch=-10.0)) == ["looking down"]
    assert told(person(12), faces(12, yaw=0.0, downcast=0.4)) == []  # perhaps: not to the camera
    assert told(person(12), faces(12, yaw=0.0, pitch=-24.0)) == ["facing the camera"]


@pytest.mark.parametrize(
    ("series", "phrase"),
    [
        ({"smile": 0.9}, "smiling"), ({"yaw": -40.0}, "looking to the left"), ({"yaw": 40.0}, "looking to the right"),
        ({"yaw": 0.0}, "facing the camera"), ({"yaw": 20.0}, "looking to the right"),
        ({"pitch": -40.0, "downcast": np.nan}, "looking down"),
        ({"pitch": 28.0}, "looking up"),
    ],
)  # fmt: skip
def test_face_phrases(series, phrase):
    gestures, confidence = describe_motion(person(12), np.zeros(12, np.int64), faces(12, **series), 1.0)
    assert [gesture for gesture in gestures if gesture != "looking ahead"] == [phrase]
    assert 0.5 <= confidence[phrase] <= 0.95


def hand(x: float, y: float, length: float = 0.08) -> np.ndarray:
    """An upright open hand, fingertips up, wrist at x, y."""
    out = np.zeros((21, 3), np.float32)
    out[:, 0], out[:, 1] = x, y - length * np.linspace(0, 1, 21)
    for finger, base in enumerate((5, 9, 13, 17)):
        out[base : base + 4, 0] = x + 0.01 * finger
        out[base : base + 4, 1] = y - length * np.array([0.5, 0.7, 0.9, 1.0])
    return out


def test_hands_are_raised_and_moved():
    pose = joints({11: (0.6, 0.35), 12: (0.4, 0.35)})
    raised, moved, absurd = (faces(12, yaw=np.nan) for _ in range(3))
    for i in range(12):
        raised[i].hands[1] = hand(0.3, 0.33)
        moved[i].hands[:] = hand(0.3 + 0.1 * (i % 2), 0.6), hand(0.7 - 0.1 * (i % 2), 0.6)
        absurd[i].hands[1] = hand(0.3, 0.33, length=0.3)
    assert told(person(12, pose=pose), raised) == ["raising a hand"]
    assert told(person(12, pose=pose), moved) == ["gesturing with both hands"]
    assert told(person(12, pose=pose), absurd) == []  # three faces long: not this person's hand
    near = faces(12, yaw=np.nan)
    for row in near:
        row.hands[1] = hand(0.5, 0.28)
    assert told(person(12, pose=pose), near) == ["holding a hand to their face"]


def test_a_forearm_that_ends_at_the_face_holds_a_hand_there_and_a_fist_over_its_elbow_is_raised():
    arm = {11: (0.6, 0.35), 12: (0.4, 0.35), 14: (0.36, 0.36)}
    at_jaw = joints(arm | {16: (0.42, 0.25)})  # no fingers are found
    assert told(person(8, pose=at_jaw), faces(8, yaw=np.nan)) == ["holding a hand to their face"]
    assert told(person(8, pose=joints(arm | {16: (0.36, 0.55)})), faces(8, yaw=np.nan)) == []
    for elbow, said in ((0.5, ["raising a hand"]), (0.45, [])):
        fist = faces(8, yaw=np.nan)
        for row in fist:
            row.hands[1] = hand(0.3, 0.4, length=0.05)
        bent = joints(arm | {14: (0.3, elbow), 16: (0.3, 0.4)})
        assert told(person(8, pose=bent), fist) == said


@pytest.mark.parametrize(
    ("x", "y", "where"), [(0.42, 0.42, " at their chest"), (0.25, 0.42, ""), (0.42, 0.52, ""), (0.42, 0.3, "")]
)
def test_hands_move_at_the_chest_between_the_shoulders_and_below_them(x, y, where):
    rows = faces(12, yaw=np.nan)
    for i, row in enumerate(rows):
        row.hands[1] = hand(x + 0.06 * (i % 2), y + 0.04, length=0.08)
    track = person(12, pose=joints({11: (0.6, 0.35), 12: (0.4, 0.35)}))
    assert f"gesturing with a hand{where}" in told(track, rows)


def test_a_hand_that_is_lifted_tells_a_masked_face_from_a_photo():
    lifted, kept = (faces(8, mouth_open=np.nan, yaw=np.nan, pitch=np.nan, downcast=np.nan) for _ in range(2))
    for i in range(8):
        lifted[i].hands[1] = hand(0.45, 0.45 + 0.15 * (i % 2), length=0.08)
        kept[i].hands[1] = hand(0.45, 0.45 + 0.05 * (i % 2), length=0.08)
    track = person(8, pose=joints({11: (0.6, 0.35), 12: (0.4, 0.35)}))
    assert any(phrase.startswith("gesturing") for phrase in told(track, lifted))
    assert not any(phrase.startswith("gesturing") for phrase in told(track, kept))


def swinging(y: float) -> Track:
    """Somebody whose wrists go to and fro at a height y; shoulders are at .35, the face is .1 high."""
    track = person(12, pose=joints({11: (0.6, 0.35), 12: (0.4, 0.35), 15: (0.7, y), 16: (0.3, y)}))
    track.pose[::2, [15, 16], 0] += 0.1
    return track


def test_moving_wrists_are_no_gesture_without_a_hand():
    unseen, seldom, shown = (faces(12) for _ in range(3))
    for i in range(12):
        wrists = swinging(0.55).pose[i, [15, 16], 0]
        if i < 3:
            seldom[i].hands[:] = hand(wrists[0], 0.55), hand(wrists[1], 0.55)
        shown[i].hands[:] = hand(wrists[0], 0.55), hand(wrists[1], 0.55)
    assert told(swinging(0.55), unseen) == ["looking ahead"]  # flickers, as of who types
    assert told(swinging(0.55), seldom) == ["looking ahead"]
    assert set(told(swinging(0.55), shown)) == {"looking ahead", "gesturing with both hands"}


def test_arms_that_hang_and_swing_are_no_gesture():
    hanging = faces(12)
    for i in range(12):
        wrists = swinging(0.75).pose[i, [15, 16], 0]
        hanging[i].hands[:] = hand(wrists[0], 0.75), hand(wrists[1], 0.75)
    assert told(swinging(0.75), hanging) == ["looking ahead"]


@pytest.mark.parametrize(
    ("mouth", "marked"), [({}, True), ({"mouth_open": 0.0}, False), ({"mouth_open": np.nan}, True)]
)
def test_whose_arms_may_move_is_marked_unless_a_large_face_is_a_photo_s(mouth, marked):
    _, confidence = describe_motion(swinging(0.45), np.zeros(12, np.int64), faces(12, **mouth), 1.0)
    assert (HANDS in confidence) == marked
    assert confidence.get(HANDS, 0.0) <= 0.5  # which keeps deeds without hands from being guessed


def test_turns_counts_only_large_swings():
    assert direction_changes(np.array([0, 1, 0, 1, 0.0]), 0.5) == 3
    assert direction_changes(np.array([0, 1, 0, 1, 0.0]), 1.5) == 0
    assert direction_changes(np.array([0, 0.1, 0, 1, 0.95, 1, 0.0]), 0.5) == 1


def test_who_looks_ahead_but_past_the_camera():
    found = told(person(8), faces(8, yaw=13.0))
    assert "looking ahead" in found
    assert "looking ahead" not in told(person(8), faces(8, yaw=25.0))
    assert "looking ahead" not in told(person(8), faces(8, yaw=0.0))  # that is facing the camera


def test_who_looks_ahead_most_of_the_time_does_where_nothing_else_is_told():
    mixed = np.array([16.0] * 8 + [18.0] * 4)  # two in three ahead, the others hardly aside
    assert told(person(12), faces(12, yaw=mixed)) == ["looking ahead"]
    turning = np.array([16.0] * 6 + [30.0] * 6)
    assert told(person(12), faces(12, yaw=turning)) == []
    aside = np.array([16.0] * 4 + [30.0] * 8)
    assert told(person(12), faces(12, yaw=aside)) == ["looking to the right"]


def test_who_keeps_the_head_at_the_border_looks_where_it_is_half_of_the_time():
    border = np.array([16.0, 18.5] * 6)
    assert told(person(12), faces(12, yaw=border + 1.0)) == ["looking to the right"]
    assert told(person(12), faces(12, yaw=-border + 0.5)) == ["looking ahead"]


@pytest.mark.parametrize(
    ("nose", "words"),
    [((0.8, 0.5), "looking to the right"), ((0.2, 0.5), "looking to the left"), ((0.5, 0.8), "looking down"),
     ((0.5, 0.5), "looking ahead"), ((0.5, 1.4), None)],
)  # fmt: skip
def test_heads_that_no_mesh_fits_are_read_by_five_points(nose, words):
    track = person(6)
    low, high = track.boxes[0, :2], track.boxes[0, 2:]
    points = np.float32([(0.2, 0.0), (0.8, 0.0), nose, (0.2, 1.0), (0.8, 1.0)])
    track.points[:] = low + points * (high - low)
    assert told(track, [BodyMeasures()] * 6) == ([words] if words else [])


def test_the_mouth_of_a_small_face_says_nothing():
    image, box = np.zeros((200, 300, 3), np.uint8), np.float32([0.4, 0.2, 0.6, 0.5])
    mesh = SimpleNamespace(mesh=lambda *_: Mesh(np.zeros((468, 3), np.float32), 1.0, 0.1, 0.3, 0.0, 0.0, 0.0, 0.0))
    maps = SimpleNamespace(maps=lambda pictures, _: np.zeros((len(pictures), 152, 8, 8), np.float32))
    unposed, experts = np.full((33, 4), np.nan), SimpleNamespace(mesh=mesh, frames=maps)
    large, small = (measure_body(seen, box, np.zeros((5, 2)), unposed, experts) for seen in (image, image[::2]))
    assert not np.isnan(large.mouth_open)
    assert np.isnan(small.mouth_open)

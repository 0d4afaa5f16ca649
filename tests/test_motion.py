"""Words for motion, from made-up measurements, and the camera's motion, from made-up pictures."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from pvchat.perception.camera import Camera, block_shifts, measure_camera
from pvchat.perception.experts.mesh import Mesh
from pvchat.perception.gestures import direction_changes
from pvchat.perception.motion import BodyMeasures, describe_motion, is_live, measure_body
from pvchat.perception.posture import stands_by_joints
from pvchat.schemas import HANDS, Track

STANDING = {
    11: (0.55, 0.3),
    12: (0.45, 0.3),
    23: (0.53, 0.5),
    24: (0.47, 0.5),
    25: (0.53, 0.68),
    26: (0.47, 0.68),
    27: (0.53, 0.85),
    28: (0.47, 0.85),
}
SITTING = STANDING | {25: (0.56, 0.54), 26: (0.44, 0.54), 27: (0.56, 0.7), 28: (0.44, 0.7)}
LYING = {
    11: (0.3, 0.5),
    12: (0.3, 0.55),
    23: (0.5, 0.5),
    24: (0.5, 0.55),
    25: (0.65, 0.5),
    26: (0.65, 0.55),
    27: (0.8, 0.5),
    28: (0.8, 0.55),
}


def joints(places: dict[int, tuple[float, float]], visible: float = 0.9) -> np.ndarray:
    out = np.zeros((33, 4), np.float32)
    for index, place in places.items():
        out[index] = [*place, 0, visible]
    return out


def person(
    n: int, x: np.ndarray | float = 0.5, size: np.ndarray | float = 0.1, pose: np.ndarray | None = None
) -> Track:
    x, half = np.broadcast_to(x, n), np.broadcast_to(size, n) / 2
    boxes = np.stack([x - half, 0.2 - half, x + half, 0.2 + half], 1).astype(np.float32)
    z = np.zeros((n, 1), np.float32)
    poses = np.repeat(joints({})[None] if pose is None else pose[None], n, 0)
    return Track("face", np.arange(n), boxes, np.zeros((n, 5, 2), np.float32), z[:, 0], z[:, 0], z, boxes, z, poses)


def camera(n: int, zoom: float = 1.0, live: float = 0.2, pan: float = 0.0) -> Camera:
    shift = np.tile(np.float32([pan, 0]), (n, 1))
    return Camera(1.0, shift, np.full(n, zoom, np.float32), np.zeros(n, bool), np.full(n, live, np.float32))


def faces(n: int, **series) -> list[BodyMeasures]:
    base = {"mouth_open": 0.0, "smile": 0.1, "downcast": 0.0, "yaw": 13.0, "pitch": 0.0}
    rng = np.random.default_rng(0)
    rows = {k: np.broadcast_to(series.get(k, v), n) for k, v in base.items()}
    jitter = rng.normal(0, 0.6, n)  # degrees: what a living head does
    return [
        BodyMeasures(**{k: float(v[i]) + (jitter[i] if k == "yaw" else 0) for k, v in rows.items()}) for i in range(n)
    ]


def told(track: Track, measures: list[BodyMeasures], seen: Camera):
    return describe_motion(track, np.zeros(len(seen.zoom), np.int64), measures, seen)


@pytest.mark.parametrize(("places", "stands"), [(STANDING, True), (SITTING, False), (LYING, False)])
def test_who_stands_by_the_joints(places, stands):
    assert stands_by_joints(np.repeat(joints(places)[None], 5, 0), 1.0) == stands


def test_half_a_body_stands_nowhere():
    upper = {k: v for k, v in STANDING.items() if k < 25}
    below = {k: (x, y + 0.45) for k, (x, y) in STANDING.items()}  # the knees lie below the frame's edge
    for seen in (joints(upper), joints(below), joints(STANDING, visible=0.2)):
        assert not stands_by_joints(np.repeat(seen[None], 5, 0), 1.0)
    assert not stands_by_joints(np.stack([joints(STANDING), joints(SITTING)] * 3), 1.0)


def test_walking_is_told_with_its_direction_and_standing_still():
    x = np.linspace(0.2, 0.7, 10)
    assert told(person(10, x, pose=joints(STANDING)), faces(10), camera(10))[0] == "walking to the right"
    assert told(person(10, x[::-1], pose=joints(STANDING)), faces(10), camera(10))[0] == "walking to the left"
    assert told(person(10, x), faces(10), camera(10))[0] == "moving to the right"  # legs unseen: no walking
    assert told(person(10, pose=joints(STANDING)), faces(10), camera(10))[0] == "standing still"
    assert told(person(10, size=np.linspace(0.1, 0.2, 10)), faces(10), camera(10))[0] == "moving towards the camera"


def test_what_the_camera_does_is_not_the_persons_movement():
    growing = person(10, size=0.1 * 1.05 ** np.arange(10))
    assert told(growing, faces(10), camera(10, zoom=1.05))[0] is None
    panned = person(10, 0.2 + 0.05 * np.arange(10))
    assert told(panned, faces(10), camera(10, pan=0.05))[0] is None
    assert told(panned, faces(10), camera(10))[0] is not None


def test_a_filmed_photo_is_not_alive():
    still = [BodyMeasures(mouth_open=0.01, smile=0.9, downcast=0.0, yaw=0.0, pitch=0.0)] * 10
    photo, shots = camera(10, zoom=1.01, live=0.0), np.zeros(10, np.int64)
    assert not is_live(person(10), shots, still, photo)
    movement, gestures, _ = told(person(10, pose=joints(STANDING)), still, photo)
    assert movement is None
    assert set(gestures) == {"smiling", "facing the camera"}
    assert is_live(person(10), shots, faces(10, mouth_open=np.tile([0, 0.05], 5)), photo)
    shaken = np.tile([0.0, 8.0], 5)
    assert is_live(person(10), shots, faces(10, yaw=shaken), photo)
    assert not is_live(person(10), shots, faces(10, yaw=shaken, mouth_open=np.nan), photo)  # a small face flickers


def test_talking_needs_a_mouth_that_opens_and_shuts():
    talking = faces(12, mouth_open=np.tile([0.0, 0.06, 0.02], 4))
    assert "talking" in told(person(12), talking, camera(12))[1]
    assert "talking" not in told(person(12), faces(12, mouth_open=0.08), camera(12))[1]
    once_wide = np.array([0.124, 0.021, 0.028, 0.086, 0.030, 0.098, 0.203, 0.194])  # of the demo's man in a car
    assert "talking" in told(person(8), faces(8, mouth_open=once_wide), camera(8))[1]
    opening = faces(12, mouth_open=np.linspace(0, 0.08, 12))  # once open, not shut again
    assert "talking" not in told(person(12), opening, camera(12))[1]
    laughing = faces(12, mouth_open=np.tile([0.0, 0.06, 0.02], 4), smile=0.9)
    assert "talking" not in told(person(12), laughing, camera(12))[1]
    cut = camera(12)
    cut.cut[::2] = True  # somebody who fills the picture and moves
    assert "talking" in told(person(12), talking, cut)[1]
    for row in talking:
        row.hands[0] = hand(0.5, 0.25)
    assert "talking" not in told(person(12), talking, camera(12))[1]  # who can tell behind a hand?


def test_who_looks_down_is_told_by_the_lids():
    assert told(person(12), faces(12, yaw=0.0, downcast=0.8, pitch=-10.0), camera(12))[1] == ["looking down"]
    assert told(person(12), faces(12, yaw=0.0, downcast=0.4), camera(12))[1] == []  # perhaps: not to the camera
    assert told(person(12), faces(12, yaw=0.0, pitch=-24.0), camera(12))[1] == ["facing the camera"]


@pytest.mark.parametrize(
    ("series", "phrase"),
    [
        ({"smile": 0.9}, "smiling"),
        ({"yaw": -40.0}, "looking to the left"),
        ({"yaw": 40.0}, "looking to the right"),
        ({"yaw": 0.0}, "facing the camera"),
        ({"yaw": 20.0}, "looking to the right"),
        ({"pitch": -40.0, "downcast": np.nan}, "looking down"),
        ({"pitch": 28.0}, "looking up"),
    ],
)
def test_face_phrases(series, phrase):
    _, gestures, confidence = told(person(12), faces(12, **series), camera(12))
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


def test_hands_are_raised_waved_and_moved():
    pose = joints({11: (0.6, 0.35), 12: (0.4, 0.35)})
    raised, waved, moved, absurd = (faces(12, yaw=np.nan) for _ in range(4))
    for i in range(12):
        raised[i].hands[1] = hand(0.3, 0.33)
        waved[i].hands[1] = hand(0.25 + 0.1 * (i % 2), 0.3)
        moved[i].hands[:] = hand(0.3 + 0.1 * (i % 2), 0.6), hand(0.7 - 0.1 * (i % 2), 0.6)
        absurd[i].hands[1] = hand(0.3, 0.33, length=0.3)
    assert told(person(12, pose=pose), raised, camera(12))[1] == ["raising a hand"]
    assert told(person(12, pose=pose), waved, camera(12))[1] == ["waving"]
    assert told(person(12, pose=pose), moved, camera(12))[1] == ["gesturing with both hands"]
    assert told(person(12, pose=pose), absurd, camera(12))[1] == []  # three faces long: not this person's hand
    near = faces(12, yaw=np.nan)
    for row in near:
        row.hands[1] = hand(0.5, 0.28)
    assert told(person(12, pose=pose), near, camera(12))[1] == ["holding a hand to their face"]


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
    assert told(swinging(0.55), unseen, camera(12))[1] == ["looking ahead"]  # flickers, as of who types
    assert told(swinging(0.55), seldom, camera(12))[1] == ["looking ahead"]
    assert set(told(swinging(0.55), shown, camera(12))[1]) == {"looking ahead", "gesturing with both hands"}


def test_arms_that_hang_and_swing_are_no_gesture():
    hanging = faces(12)
    for i in range(12):
        wrists = swinging(0.75).pose[i, [15, 16], 0]
        hanging[i].hands[:] = hand(wrists[0], 0.75), hand(wrists[1], 0.75)
    assert told(swinging(0.75), hanging, camera(12))[1] == ["looking ahead"]


def test_whose_arms_may_move_is_not_said_to_stand_still():
    standing = person(12, pose=joints(STANDING | {15: (0.6, 0.45), 16: (0.4, 0.45)}))
    assert told(standing, faces(12), camera(12))[0] == "standing still"
    standing.pose[::2, [15, 16], 0] += 0.1
    movement, _, confidence = told(standing, faces(12), camera(12))
    assert movement is None
    assert 0 < confidence[HANDS] <= 0.5  # which keeps deeds without hands from being guessed


def test_turns_counts_only_large_swings():
    assert direction_changes(np.array([0, 1, 0, 1, 0.0]), 0.5) == 3
    assert direction_changes(np.array([0, 1, 0, 1, 0.0]), 1.5) == 0
    assert direction_changes(np.array([0, 0.1, 0, 1, 0.95, 1, 0.0]), 0.5) == 1


def scenery(seed: int = 0) -> np.ndarray:
    from PIL import Image

    rough = np.random.default_rng(seed).integers(0, 255, (60, 80, 3), np.uint8)
    return np.asarray(Image.fromarray(rough).resize((640, 480), Image.Resampling.BICUBIC))


def test_the_shift_of_blocks_is_found():
    image = scenery()[..., 0].astype(np.float32)
    blocks = [part - part.mean() for part in (image[100:164, 100:164], image[97:161, 105:169])]
    spectra = [np.fft.rfft2(part * np.outer(np.hanning(64), np.hanning(64)))[None] for part in blocks]
    moved, peaks = block_shifts(*spectra)
    assert moved[0].tolist() == pytest.approx([-5, 3], abs=0.4)
    assert peaks[0] > 0.04


def test_camera_pan_zoom_and_cut_are_measured():
    from PIL import Image

    big = scenery()
    window = [Image.fromarray(big[100:340, 100 + 8 * i : 420 + 8 * i]) for i in range(5)]
    pan = measure_camera(np.stack([np.asarray(w) for w in window]))
    assert pan.shift[1:, 0] == pytest.approx(np.full(4, -8 / 320), abs=0.004)
    assert pan.shift[1:, 1] == pytest.approx(np.zeros(4), abs=0.004)
    assert pan.zoom == pytest.approx(np.ones(5), abs=0.01)
    assert not pan.cut.any()
    assert pan.live.max() < 0.1
    frames = [Image.fromarray(big).crop((4 * i, 3 * i, 640 - 4 * i, 480 - 3 * i)).resize((320, 240)) for i in range(5)]
    zoom = measure_camera(np.stack([np.asarray(f) for f in frames]))
    assert float(zoom.zoom.prod()) == pytest.approx(640 / 608, abs=0.02)
    assert not zoom.cut.any()
    still, _ = zoom.steady(np.arange(5), np.float32([[0.5 + 0.2 * 640 / (640 - 8 * i), 0.5] for i in range(5)]))
    assert still[:, 0] == pytest.approx(np.full(5, 0.7), abs=0.01)
    cut = measure_camera(np.stack([scenery(0), scenery(1), scenery(1)]))
    assert cut.cut.tolist() == [False, True, False]


def test_who_looks_ahead_but_past_the_camera():
    found = told(person(8), faces(8, yaw=13.0), camera(8))[1]
    assert "looking ahead" in found
    assert "looking ahead" not in told(person(8), faces(8, yaw=25.0), camera(8))[1]
    assert "looking ahead" not in told(person(8), faces(8, yaw=0.0), camera(8))[1]  # that is facing the camera


def test_who_looks_ahead_most_of_the_time_does_where_nothing_else_is_told():
    mixed = np.array([16.0] * 8 + [18.0] * 4)  # two in three ahead, the others hardly aside
    assert told(person(12), faces(12, yaw=mixed), camera(12))[1] == ["looking ahead"]
    turning = np.array([16.0] * 6 + [30.0] * 6)
    assert told(person(12), faces(12, yaw=turning), camera(12))[1] == []
    aside = np.array([16.0] * 4 + [30.0] * 8)
    assert told(person(12), faces(12, yaw=aside), camera(12))[1] == ["looking to the right"]


def test_who_keeps_the_head_at_the_border_looks_where_it_is_half_of_the_time():
    border = np.array([16.0, 18.5] * 6)
    assert told(person(12), faces(12, yaw=border + 1.0), camera(12))[1] == ["looking to the right"]
    assert told(person(12), faces(12, yaw=-border + 0.5), camera(12))[1] == ["looking ahead"]


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
    assert told(track, [BodyMeasures()] * 6, camera(6))[1] == ([words] if words else [])


def test_the_mouth_of_a_small_face_says_nothing():
    image, box = np.zeros((200, 300, 3), np.uint8), np.float32([0.4, 0.2, 0.6, 0.5])
    mesh = SimpleNamespace(mesh=lambda *_: Mesh(np.zeros((468, 3), np.float32), 1.0, 0.1, 0.3, 0.0, 0.0, 0.0, 0.0))
    unposed = np.full((33, 4), np.nan)
    large, small = (measure_body(seen, box, np.zeros((5, 2)), unposed, mesh, None) for seen in (image, image[::2]))
    assert not np.isnan(large.mouth_open)
    assert np.isnan(small.mouth_open)

"""A long video is looked through from end to end: found, joined, stopped, gone on with."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from make_analysis import identity_of, make_analysis, make_track
from make_clips import encode
from make_film import CONFIG, FPS, film, part_of

from pvchat import video
from pvchat.errors import VideoReadError
from pvchat.perception import scan as module
from pvchat.perception.joining import MOST_SIGHTINGS, TrackJoiner
from pvchat.perception.scan import KeptParts, LongVideo, is_long, probe_or_none, scan
from pvchat.schemas import ClipAnalysis, PersonFacts, Track
from pvchat.service.clipmemory import ClipMemory
from pvchat.storage.clips import ClipCache
from pvchat.video.shots import shots

KEY = "c" * 64


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Made-up experts; the starts of the parts that they were asked about."""
    starts: list[float] = []

    def recognise(clip: video.Clip, experts: Any, progress: Any, depth: Any) -> ClipAnalysis:
        starts.append(clip.start_s)
        return part_of(clip)

    monkeypatch.setattr(module, "recognise", recognise)
    monkeypatch.setattr(module, "with_things", lambda clip, analysis, experts, frames: analysis)
    monkeypatch.setattr(module, "tell_place", lambda analysis: analysis)
    return starts


def look(path: Path, kept: KeptParts, **more: Any) -> Any:
    found = probe_or_none(path, CONFIG)
    assert found is not None
    return scan(LongVideo(path, found, CONFIG), None, kept, **more)  # type: ignore[arg-type]


def test_everybody_is_found_where_she_is(long_video: Path, tmp_path: Path, asked: list[float]) -> None:
    (*_, seen) = look(long_video, KeptParts(ClipCache(tmp_path / "cache"), KEY))
    whole = seen.analysis()
    spans = {t.facts.where.split()[1]: whole.spans(t.shown_in) for t in whole.tracks}  # type: ignore[union-attr]
    assert spans.keys() == {"1", "2", "3"}
    assert spans["1"] == [pytest.approx((2.0, 5.0), abs=0.1), pytest.approx((30.0, 38.0), abs=0.1)]
    assert spans["2"] == [pytest.approx((9.0, 14.9), abs=0.3)]
    assert spans["3"] == [pytest.approx((15.0, 24.0), abs=0.1)]  # over the border between two parts
    assert whole.duration_s == pytest.approx(40.0)
    assert len(whole.times) == 80
    np.testing.assert_allclose(whole.shots[1:, 0], [2, 5, 15, 24, 30, 38], atol=1e-3)
    np.testing.assert_allclose(whole.shots[:-1, 1], whole.shots[1:, 0])


def test_a_stopped_scan_goes_on_and_ends_alike(long_video: Path, tmp_path: Path, asked: list[float]) -> None:
    (*_, seen) = look(long_video, KeptParts(ClipCache(tmp_path / "whole"), KEY))
    starts, kept = asked.copy(), KeptParts(ClipCache(tmp_path / "stopped"), KEY)
    asked.clear()

    def stop(what: str, done: float, total: float) -> None:
        if done > 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(look(long_video, kept, progress=stop))
    assert asked == starts[:2]
    asked.clear()
    (*_, again) = look(long_video, kept)
    assert asked == starts[2:]
    one, two = seen.analysis(), again.analysis()
    np.testing.assert_array_equal(one.times, two.times)
    np.testing.assert_allclose(one.shots, two.shots)
    assert [one.spans(t.shown_in) for t in one.tracks] == [two.spans(t.shown_in) for t in two.tracks]
    kept.remove()
    assert kept.load(0) is None


def test_some_minutes_are_looked_through_alone_in_the_parts_of_the_whole(
    long_video: Path, tmp_path: Path, asked: list[float]
) -> None:
    (*_, seen) = look(long_video, KeptParts(ClipCache(tmp_path / "whole"), KEY))
    assert asked == pytest.approx([0, 12, 24, 36])
    asked.clear()
    kept, told = KeptParts(ClipCache(tmp_path / "some"), KEY), list[tuple[float, float]]()
    (*_, some) = look(long_video, kept, within=(14.0, 20.0), progress=lambda what, *numbers: told.append(numbers))
    assert asked == pytest.approx([12])
    assert told[-1] == pytest.approx((8.0, 8.0))  # from 12 to 20
    part, whole = some.analysis(), seen.analysis()
    assert part.duration_s == pytest.approx(24.0)
    assert _seen_between(part, 14.0, 20.0) == _seen_between(whole, 14.0, 20.0)
    (*_, _) = look(long_video, kept, within=(20.0, 30.0))
    assert asked == pytest.approx([12, 24])
    (*_, all_of_it) = look(long_video, kept)
    assert asked == pytest.approx([12, 24, 0, 36])
    for one, other in zip(all_of_it.analysis().tracks, whole.tracks, strict=True):
        np.testing.assert_array_equal(one.frames, other.frames)


def _seen_between(analysis: ClipAnalysis, start_s: float, end_s: float) -> list[list[tuple[float, float]]]:
    part = analysis.between(start_s, end_s)
    return [[(round(a, 1), round(b, 1)) for a, b in part.spans(track.shown_in)] for track in part.tracks]


def test_a_part_without_pictures_is_told(
    long_video: Path, tmp_path: Path, asked: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video, "read_parts", lambda *_: (part for part in ()))  # as of a file cut short before it
    with pytest.raises(VideoReadError, match="no pictures can be decoded there"):
        list(look(long_video, KeptParts(ClipCache(tmp_path), KEY), within=(30.0, 35.0)))


def test_what_was_seen_so_far_can_be_asked(long_video: Path, tmp_path: Path, asked: list[float]) -> None:
    ends, people = [], []
    for seen in look(long_video, KeptParts(ClipCache(tmp_path / "cache"), KEY)):
        part = seen.analysis()
        ends.append(part.duration_s)
        people.append(len(part.tracks))
        assert part.times.max() < part.duration_s
        assert part.shots[-1, 1] == pytest.approx(part.duration_s)
    assert ends == sorted(ends)
    assert people[0] == 2
    assert people[-1] == 3


def test_progress_is_told_in_seconds_of_the_video(long_video: Path, tmp_path: Path, asked: list[float]) -> None:
    told: list[tuple[float, float]] = []
    list(look(long_video, KeptParts(ClipCache(tmp_path), KEY), progress=lambda what, *numbers: told.append(numbers)))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1][0] == told[-1][1] == pytest.approx(40.0)
    assert all(done < total for done, total in told[:-1])


def test_the_service_looks_through_long_videos_and_keeps_only_the_whole(
    long_video: Path, tmp_path: Path, asked: list[float]
) -> None:
    cache, so_far = ClipCache(tmp_path / "cache"), []
    networks = SimpleNamespace(lock=threading.RLock(), experts=None, forget=lambda: None)
    memory = ClipMemory(networks, cache, CONFIG, lambda what, done, total: None)  # type: ignore[arg-type]
    seen = memory.look(long_video, so_far.append)
    assert len(so_far) >= len(asked)
    assert seen.analysis.duration_s == pytest.approx(40.0)
    assert len(list((tmp_path / "cache").glob("*.clip"))) == 1  # the parts are gone
    again = ClipMemory(networks, cache, CONFIG, lambda what, done, total: None).look(long_video)  # type: ignore[arg-type]
    assert again.experts_s == 0.0
    assert [s.scene.place for s in again.analysis.scenes] == [s.scene.place for s in seen.analysis.scenes]
    assert len(again.analysis.tracks) == 3


def test_the_service_looks_through_what_is_asked_about_and_keeps_no_half_for_the_whole(
    long_video: Path, tmp_path: Path, asked: list[float]
) -> None:
    networks = SimpleNamespace(lock=threading.RLock(), experts=None, forget=lambda: None)
    memory = ClipMemory(networks, ClipCache(tmp_path / "cache"), CONFIG, lambda *_: None)  # type: ignore[arg-type]
    some = memory.look(long_video, stage="who", within=lambda length_s: (25.0, min(27.0, length_s)))
    assert (some.length_s, asked) == (pytest.approx(40.0), pytest.approx([24]))
    assert memory.look(long_video, within=lambda _: None).length_s is None
    assert asked == pytest.approx([24, 0, 12, 36])  # the part that was known isn't looked at again
    asked.clear()
    assert memory.look(long_video, within=lambda _: (25.0, 27.0)).length_s is None  # all is known
    assert not asked
    assert len(list((tmp_path / "cache").glob("*.clip"))) == 1


def test_parts_of_a_clip_that_was_forgotten_meanwhile_go(long_video: Path, tmp_path: Path, asked: list[float]) -> None:
    networks = SimpleNamespace(lock=threading.RLock(), experts=None, forget=lambda: None)
    memory = ClipMemory(networks, ClipCache(tmp_path / "cache"), CONFIG, lambda *_: None)  # type: ignore[arg-type]
    memory.look(long_video, lambda _: memory.drop(video.content_key(long_video)), "who", lambda _: (25.0, 27.0))
    assert asked
    assert not list((tmp_path / "cache").glob("*.clip"))


def test_forgetting_a_clip_forgets_the_parts_of_a_stopped_look(
    long_video: Path, tmp_path: Path, asked: list[float]
) -> None:
    cache = ClipCache(tmp_path / "cache")

    def stop(what: str, done: float, total: float) -> None:
        if done > 20:
            raise KeyboardInterrupt

    networks = SimpleNamespace(lock=threading.RLock(), experts=None, forget=lambda: None)
    memory = ClipMemory(networks, cache, CONFIG, stop)  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        memory.look(long_video)
    assert len(list((tmp_path / "cache").glob("*.clip"))) == 2
    memory.drop(video.content_key(long_video))
    assert not list((tmp_path / "cache").glob("*.clip"))


def test_only_long_videos_are_scanned(long_video: Path, tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (64, 64)).save(tmp_path / "photo.png")
    (tmp_path / "noise.mp4").write_bytes(b"\0\1" * 900)
    short = encode(tmp_path / "short.mp4", film(1.5), fps=FPS)
    found = [probe_or_none(file, CONFIG) for file in (long_video, short, tmp_path / "photo.png")]
    assert [one is not None and is_long(one, CONFIG) for one in found] == [True, False, False]
    assert probe_or_none(tmp_path / "noise.mp4", CONFIG) is None


def part(*tracks: Track, frames: int = 24, cuts: tuple[float, ...] = ()) -> ClipAnalysis:
    made = make_analysis(*tracks, frames=frames, step=0.5)
    made.shots = shots(cuts, made.duration_s)
    return made


def followed(first: Track, second: Track, cuts: tuple[float, ...] = ()) -> int:
    """How many people two tracks are, one at the end of a part and one at the start of the next."""
    joiner = TrackJoiner()
    joiner.add(part(first), 0)
    joiner.add(part(second, cuts=cuts), 24)
    return len(joiner.tracks())


def turned(track: Track, other: int, distance: float) -> Track:
    """The track with a face that lies `distance` from what it was, on the way to another person's."""
    way = identity_of(other) - identity_of(1)
    track.identity = track.identity + way * np.float32(distance / np.linalg.norm(way))
    return track


def test_a_face_is_followed_over_the_border_but_not_over_a_cut() -> None:
    """The same place of the frame, a descriptor that would not do across a cut."""
    one = make_track(1, range(16, 24), noise=0.0)
    assert followed(one, turned(make_track(1, range(8), noise=0.0), 2, 0.55)) == 1
    assert followed(one, turned(make_track(1, range(2, 8), noise=0.0), 2, 0.55), cuts=(0.8,)) == 2
    elsewhere = make_track(1, range(8), noise=0.0, box=(0.7, 0.2, 0.9, 0.6))
    assert followed(one, turned(elsewhere, 2, 0.55)) == 2
    assert followed(one, turned(elsewhere, 2, -0.25)) == 1  # there by identity


def test_the_more_people_the_nearer_one_must_be() -> None:
    def people(strangers: int, distance: float) -> int:
        joiner = TrackJoiner()
        joiner.add(part(make_track(1, range(8), noise=0.0)), 0)
        for number in range(strangers):
            joiner.add(part(make_track(50 + number, range(8), noise=0.0)), 24 * (number + 1))
        joiner.add(part(turned(make_track(1, range(8), noise=0.0), 2, distance)), 24 * (strangers + 1))
        return len(joiner.tracks()) - strangers

    assert [people(0, 0.38), people(40, 0.38), people(40, 0.2)] == [1, 2, 1]


def test_people_of_one_part_are_not_joined_with_one_person() -> None:
    twins = [make_track(1, range(8)), make_track(1, range(8), box=(0.6, 0.2, 0.8, 0.6))]
    joiner = TrackJoiner()
    joiner.add(part(twins[0]), 0)
    joiner.add(part(*twins), 24)
    assert sorted(len(t.shown_in) for t in joiner.tracks()) == [8, 16]


def test_what_is_kept_of_a_person_stays_small() -> None:
    """An hour of somebody: all frames are known, only the best sightings are kept."""
    joiner = TrackJoiner()
    for number in range(120):
        joiner.add(part(make_track(1, range(24), noise=0.1)), 24 * number)
    (track,) = joiner.tracks()
    assert len(track.shown_in) == 24 * 120
    assert 100 <= len(track) <= MOST_SIGHTINGS
    assert (np.diff(track.frames) > 0).all()
    assert track.frames.max() > 24 * 110
    assert track.frames.min() < 24 * 10
    assert {len(getattr(track, n)) for n in ("boxes", "identity", "body", "pose", "quality")} == {len(track)}


def test_who_turned_away_is_seen_in_the_whole_too() -> None:
    her = make_track(1, range(4, 8), noise=0.1)
    her.seen = np.arange(2, 10)
    joiner = TrackJoiner()
    joiner.add(part(make_track(1, range(8), noise=0.1)), 0)
    joiner.add(part(her), 24)
    (track,) = joiner.tracks()
    assert track.shown_in.tolist() == [*range(8), *range(26, 34)]
    assert track.frames.tolist() == [*range(8), *range(28, 32)]


def test_what_is_kept_of_a_crowd_stays_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody new in every part: each keeps fewer sightings, nobody is dropped, no span is lost."""
    from pvchat.perception import joining

    monkeypatch.setattr(joining, "MOST_KEPT", 200)
    joiner = TrackJoiner()
    for number in range(40):
        joiner.add(part(make_track(100 + number, range(4, 20), noise=0.1)), 24 * number)
    tracks = joiner.tracks()
    assert len(tracks) == 40
    assert sum(map(len, tracks)) <= 200
    assert all(len(t.shown_in) == 16 for t in tracks)


def test_facts_are_those_of_her_best_stretch_and_all_are_kept() -> None:
    small = make_track(1, range(8), box=(0.4, 0.2, 0.45, 0.3))
    large = make_track(1, range(8), box=(0.3, 0.2, 0.6, 0.8))
    small.facts, large.facts = PersonFacts(where="on the left"), PersonFacts(where="on the right")
    joiner = TrackJoiner()
    for number, track in enumerate((small, large)):
        joiner.add(part(track), 24 * number)
    (track,) = joiner.tracks()
    assert track.facts.where == "on the right"
    assert [a.facts.where for a in track.appearances] == ["on the left", "on the right"]


def test_each_shot_in_which_somebody_is_seen_is_a_stretch_that_can_be_measured() -> None:
    her = make_track(1, range(8))
    her.facts = PersonFacts()  # in a crowd nothing is told of most in the scan
    joiner = TrackJoiner()
    joiner.add(part(her, cuts=(1.5,)), 0)
    (track,) = joiner.tracks()
    assert [(a.start_s, a.end_s) for a in track.appearances] == [(0.25, 1.25), (1.75, 3.75)]

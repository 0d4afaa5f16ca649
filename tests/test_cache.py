from __future__ import annotations

import dataclasses
import errno
import multiprocessing
import os
import stat
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pvchat.schemas import Appearance, ClipAnalysis, Garment, PersonFacts, SceneFacts, SceneSpan, Thing, Track
from pvchat.storage import atomic
from pvchat.storage.clips import TRACK_ARRAYS, ClipCache

WORDS = st.text(max_size=20)
SHARES = st.dictionaries(WORDS, st.floats(0, 1))
MAYBE = st.none() | WORDS
posix = pytest.mark.skipif(os.name == "nt", reason="forks")


def make_track(n: int, rng: np.random.Generator, facts: PersonFacts | None = None) -> Track:
    def draw(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape).astype(np.float32)

    points = draw(n, 5, 2)
    points[: n // 2] = np.nan
    return Track(
        kind="face" if n % 2 else "figure",
        frames=np.arange(n, dtype=np.int64),
        boxes=draw(n, 4),
        points=points,
        scores=draw(n),
        quality=draw(n),
        identity=draw(n, 128),
        body_boxes=draw(n, 4),
        body=draw(n, 16),
        pose=draw(n, 33, 4),
        thumbnail=rng.bytes(30 * n),
        facts=facts or PersonFacts(),
        seen=np.arange(2 * n, dtype=np.int64),
        appearances=[Appearance(0.5, 1.5, facts or PersonFacts(where="on the left"))],
    )


def make_analysis(key: str = "ab" * 32, sightings: tuple[int, ...] = (3, 2), seed: int = 0) -> ClipAnalysis:
    rng = np.random.default_rng(seed)
    return ClipAnalysis(
        key=key,
        duration_s=2.5,
        width=320,
        height=240,
        times=np.arange(4, dtype=np.float32),
        frame_features=rng.standard_normal((4, 49, 8)).astype(np.float16),
        tracks=[make_track(n, rng) for n in sightings],
        scene=SceneFacts(place="an office", confidence={"place": 0.5}),
        shots=np.float32([[0, 1.1], [1.1, 2.5]]),
        scenes=[SceneSpan(0.0, 2.5, SceneFacts(setting="indoors", confidence={"setting": 0.25}))],
        things=[Thing("cup", 0.75, [1, 2], [[0.1, 0.2, 0.3, 0.4]] * 2, [0.5, 0.75])],
        bodies=[Thing("person", 0.0, [0, 2], [[0.1, 0.2, 0.3, 0.9]] * 2, [0.5, 0.75])],
    )


def entries(root: Path) -> list[Path]:
    """The files of what is kept."""
    return list(root.glob("*.clip"))


def assert_same(a: ClipAnalysis, b: ClipAnalysis) -> None:
    assert (a.key, a.duration_s, a.width, a.height, a.stage) == (b.key, b.duration_s, b.width, b.height, b.stage)
    assert a.scene == b.scene
    assert a.scenes == b.scenes
    assert a.things == b.things
    assert a.bodies == b.bodies
    pairs = [(a.times, b.times), (a.frame_features, b.frame_features), (a.shots, b.shots)]
    for one, other in zip(a.tracks, b.tracks, strict=True):
        assert (one.kind, one.thumbnail, one.facts) == (other.kind, other.thumbnail, other.facts)
        assert one.appearances == other.appearances
        pairs += [(getattr(one, name), getattr(other, name)) for name in TRACK_ARRAYS]
    for x, y in pairs:
        assert x.dtype == y.dtype
        np.testing.assert_array_equal(x, y)  # NaN equals NaN, shapes must be equal


@st.composite
def analyses(draw: st.DrawFn) -> ClipAnalysis:
    garments = st.builds(Garment, WORDS, MAYBE, st.floats(0, 1))
    facts = st.builds(
        PersonFacts,
        where=MAYBE,
        clothes=st.lists(garments, max_size=2),
        features=st.lists(WORDS, max_size=2),
        gestures=st.lists(WORDS, max_size=2),
        confidence=SHARES,
    )
    sightings = tuple(draw(st.lists(st.integers(0, 4), max_size=3)))
    analysis = make_analysis(sightings=sightings, seed=draw(st.integers(0, 99)))
    for track in analysis.tracks:
        track.facts = draw(facts)
    analysis.scene = draw(st.builds(SceneFacts, place=MAYBE, drawn=st.booleans(), confidence=SHARES))
    analysis.duration_s = draw(st.floats(0, 1800))
    analysis.stage = draw(st.sampled_from(["who", "what"]))
    return analysis


@settings(max_examples=25)
@given(analyses())
def test_round_trip_keeps_every_bit(tmp_path_factory: pytest.TempPathFactory, analysis: ClipAnalysis) -> None:
    cache = ClipCache(tmp_path_factory.getbasetemp() / "round-trip")
    cache.save(analysis, "1")
    found = cache.load(analysis.key, "1")
    assert found is not None
    assert_same(found, analysis)


def test_transposed_arrays_and_numpy_numbers_survive(tmp_path: Path) -> None:
    analysis = make_analysis()
    analysis.frame_features = np.asfortranarray(analysis.frame_features)
    analysis.tracks[0].boxes = np.ascontiguousarray(analysis.tracks[0].boxes.T).T
    analysis.duration_s = np.float32(2.5)  # type: ignore[assignment]
    analysis.tracks[0].facts.confidence = {"where": np.float32(0.25)}  # type: ignore[dict-item]
    ClipCache(tmp_path).save(analysis, "1")
    found = ClipCache(tmp_path).load(analysis.key, "1")
    assert found is not None
    assert_same(found, analysis)


def test_default_folder_is_private(pvchat_home: Path) -> None:
    cache = ClipCache()
    cache.save(make_analysis(), "1")
    assert cache.root == pvchat_home / "cache" / "clips"
    files = [path for path in cache.root.rglob("*") if path.is_file()]
    assert len(files) >= 1
    if os.name != "nt":
        assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
        assert stat.S_IMODE(cache.root.stat().st_mode) == 0o700


def test_missing_and_other_version(tmp_path: Path) -> None:
    cache = ClipCache(tmp_path / "clips")
    analysis = make_analysis()
    assert cache.load(analysis.key, "1") is None
    assert not cache.root.exists()  # looking creates nothing
    cache.save(analysis, "1")
    assert cache.load(analysis.key, "2") is None
    assert not entries(cache.root)
    assert cache.load(analysis.key, "1") is None


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "gone", "junk"])
def test_damaged_entries_count_as_missing(tmp_path: Path, damage: str) -> None:
    cache, analysis = ClipCache(tmp_path), make_analysis()
    cache.save(analysis, "1")
    [path] = entries(tmp_path)
    data = path.read_bytes()
    middle = len(data) // 2
    changed = {
        "cut": data[:middle],
        "flip": data[:middle] + bytes([data[middle] ^ 0x80]) + data[middle + 1 :],
        "empty": b"",
        "junk": b'{"version": "1", "key": []}',
    }
    path.unlink()
    if damage != "gone":
        path.write_bytes(changed[damage])
    assert cache.load(analysis.key, "1") is None
    assert not entries(tmp_path)
    cache.save(analysis, "1")
    assert cache.load(analysis.key, "1") is not None
    assert len(list(tmp_path.glob("*.clip"))) == 1


def test_a_new_save_replaces_the_old_one(tmp_path: Path) -> None:
    cache = ClipCache(tmp_path)
    old, new = make_analysis(seed=1), make_analysis(seed=2)
    cache.save(old, "1")
    cache.save(new, "1")
    found = cache.load(new.key, "1")
    assert found is not None
    assert_same(found, new)
    assert len(list(tmp_path.glob("*.clip"))) == 1


@pytest.mark.parametrize("key", ["../../x", "", "a/b", "\0", "x" * 5000, "C:\\x"])
def test_no_key_leaves_the_folder(tmp_path: Path, key: str) -> None:
    root = tmp_path / "a" / "b" / "clips"
    cache = ClipCache(root)
    cache.save(make_analysis(key=key), "1")
    assert cache.load(key, "1") is not None
    assert [path for path in tmp_path.rglob("*") if path.is_file() and root not in path.parents] == []


def test_one_goes_and_all_go(tmp_path: Path) -> None:
    cache = ClipCache(tmp_path)
    cache.purge()  # nothing there yet
    keys = [f"{i:064x}" for i in range(3)]
    for i, key in enumerate(keys):
        cache.save(make_analysis(key, seed=i), "1")
    cache.remove(keys[1], forgotten=True)
    assert [cache.load(key, "1") is not None for key in keys] == [True, False, True]
    cache._scratch.mkdir(exist_ok=True)
    (cache._scratch / "half").write_bytes(b"half a clip")
    cache.purge()
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {".lock", ".purged"}
    assert [cache.load(key, "1") for key in keys] == [None] * 3


def test_least_recently_used_go_first(tmp_path: Path) -> None:
    cache = ClipCache(tmp_path)
    keys = [f"{i:064x}" for i in range(4)]
    for i, key in enumerate(keys):
        cache.save(make_analysis(key), "1")
        os.utime(tmp_path / f"{key}.clip", (1000 + i, 1000 + i))
    one = sum(path.stat().st_size for path in entries(tmp_path)) / 4
    assert cache.load(keys[0], "1") is not None  # now the latest
    small = ClipCache(tmp_path, max_bytes=int(one * 2.5))
    small.save(make_analysis("f" * 64), "1")
    assert [small.load(key, "1") is not None for key in (*keys, "f" * 64)] == [True, False, False, False, True]


def test_what_was_just_saved_stays_where_the_clock_was_put_back(tmp_path: Path) -> None:
    cache = ClipCache(tmp_path)
    cache.save(make_analysis("0" * 64), "1")
    os.utime(tmp_path / f"{'0' * 64}.clip", (4e9, 4e9))
    small = ClipCache(tmp_path, max_bytes=int(sum(path.stat().st_size for path in entries(tmp_path)) * 1.5))
    small.save(make_analysis("f" * 64), "1")
    assert small.load("f" * 64, "1") is not None
    assert small.load("0" * 64, "1") is None


def test_a_read_only_disk_is_read_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    ClipCache(tmp_path).save(make_analysis(), "1")
    monkeypatch.setattr(os, "utime", refuse)
    monkeypatch.setattr(os, "unlink", refuse)
    monkeypatch.setattr("filelock.FileLock.acquire", refuse)
    cache = ClipCache(tmp_path)
    assert cache.load("ab" * 32, "1") is not None
    assert cache.load("ab" * 32, "2") is None  # of another version: looked at anew, not told as an error


def test_sweeping_passes_over_what_another_writer_puts_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a network disk whose locks don't hold, say."""
    cache, scan = ClipCache(tmp_path), os.scandir
    cache.save(make_analysis(), "1")
    (tmp_path / ".scratch" / "draft").write_bytes(b"keys")

    def slow(path: Path) -> list[os.DirEntry[str]]:
        found = list(scan(path))
        (tmp_path / ".scratch" / "draft").rename(tmp_path / "keys.json")
        return found

    monkeypatch.setattr(atomic.os, "scandir", slow)
    cache.purge()
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == {".lock", ".purged"}


def test_a_full_disk_costs_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    cache = ClipCache(tmp_path)
    monkeypatch.setattr(atomic.os, "replace", full)
    cache.save(make_analysis(), "1")
    assert "No space left" in caplog.text
    assert cache.load("ab" * 32, "1") is None
    assert [path.name for path in tmp_path.rglob("*") if path.is_file() and path.name != ".lock"] == []


def _save_and_load(root: Path, seed: int) -> None:
    cache = ClipCache(root)
    wanted = {float(make_analysis(seed=s).frame_features.sum()) for s in (1, 2)}
    for _ in range(15):
        cache.save(make_analysis(seed=seed), "1")
        found = cache.load("ab" * 32, "1")
        assert found is not None
        assert float(found.frame_features.sum()) in wanted


@posix
def test_two_processes_save_the_same_clip(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    children = [context.Process(target=_save_and_load, args=(tmp_path, seed)) for seed in (1, 2)]
    for child in children:
        child.start()
    for child in children:
        child.join(60)
    assert [child.exitcode for child in children] == [0, 0]
    assert ClipCache(tmp_path).load("ab" * 32, "1") is not None
    assert len(list(tmp_path.glob("*.clip"))) == 1


def test_every_field_of_the_schema_is_kept() -> None:
    """A field that schemas.py gains later must not be lost silently."""
    kept = {"key", "duration_s", "width", "height", "times", "frame_features", "tracks", "scene", "shots", "scenes"}
    of_part = {"in_all"}
    assert {f.name for f in dataclasses.fields(ClipAnalysis)} - of_part == {
        *kept,
        "things",
        "bodies",
        "stage",
        "damaged",
        "sound",
    }  # of a part
    assert {f.name for f in dataclasses.fields(Track)} == {*TRACK_ARRAYS, "kind", "thumbnail", "facts", "appearances"}

"""The index of videos: adding, removing, what is left on the disk, damage, other processes."""

from __future__ import annotations

import multiprocessing
import stat
from pathlib import Path

import numpy as np
import pytest
from make_analysis import identity_of, make_analysis, make_track
from make_people import posix
from make_rows import EXPERTS, add_some, face, made_clip

from pvchat.index import VideoIndex, VideoIndexError, describe, store
from pvchat.index.entries import NO_TRACK


def described(number: int, *people: int, kind: str = "face", noise: float = 0.15):
    """Clip `number`, of these people, as `VideoIndex.add` takes it."""
    tracks = [make_track(person, kind=kind, noise=noise) for person in people]
    return describe(make_analysis(*tracks, key=f"{number:064x}"), {f"/clips/{number}.mp4": (100 + number, number)})


def filled(root: Path, *clips: tuple[int, ...]) -> VideoIndex:
    index = VideoIndex(root)
    index.add([described(i, *people) for i, people in enumerate(clips)], EXPERTS)
    return index


def query(person: int) -> np.ndarray:
    return identity_of(person, noise=0.1, seed=77)[None]


def test_the_same_person_is_nearest(tmp_path):
    index = filled(tmp_path / "i", (1, 2), (3,), (1,))
    hits = index.nearest("faces", query(1), 3)
    assert sorted((hit.clip.key[-1], hit.track.number) for hit in hits[:2]) == [("0", 0), ("2", 0)]
    assert hits[0].distance <= hits[1].distance < 0.4 < hits[2].distance
    assert hits[0].id == hits[0].clip.key[:12]


def test_clips_can_be_left_out_and_more_is_fetched(tmp_path):
    index = filled(tmp_path / "i", *[(1,)] * 40, (2,))
    hits = index.nearest("faces", query(1), 1, but=[f"{i:064x}" for i in range(40)])
    assert [hit.clip.key for hit in hits] == [f"{40:064x}"]
    assert len(index.nearest("faces", query(1), 99)) == 41


def test_scenes_and_figures_have_their_own_rows(tmp_path):
    index = VideoIndex(tmp_path / "i")
    index.add([described(0, 1), described(1, 2, kind="figure")], EXPERTS)
    info = index.info()
    assert info["tracks"] == {"face": 1, "figure": 1}
    assert info["vectors"]["clips"] == 2
    clip = index.clips()[1]
    scene = index.views(clip, "clips")[NO_TRACK]
    assert np.linalg.norm(scene) == pytest.approx(1, abs=1e-5)
    grid = make_analysis(key=clip.key).frame_features.astype(np.float32).mean((0, 1))
    np.testing.assert_allclose(scene[0] * clip.length, grid, rtol=1e-3)
    assert index.nearest("clips", scene, 1)[0].clip.key == clip.key
    assert index.nearest("figures", query(2), 5)[0].clip.key == clip.key


def test_a_name_that_isnt_utf_8_is_read_again(tmp_path):
    name = "/clips/caf\udce9.mp4"  # as Python reads the byte 0xE9
    index = VideoIndex(tmp_path / "i")
    index.add([describe(make_analysis(make_track(1)), {name: (1, 2)})], EXPERTS)
    assert list(VideoIndex(tmp_path / "i").clips()[0].files) == [name]


def test_an_index_is_read_again_with_everything(tmp_path):
    filled(tmp_path / "i", (1, 2), (3,))
    again = VideoIndex(tmp_path / "i")
    assert [clip.key for clip in again.clips()] == [f"{i:064x}" for i in range(2)]
    first = again.clips()[0]
    assert first.files == {"/clips/0.mp4": (100, 0)}
    assert first.tracks[0].spans == [(0.0, 2.0)]
    assert again.find_clip("/clips/1.mp4") == again.find_clip(f"{1:064x}") == again.clips()[1]
    assert again.find_clip("0000") is None  # too short to mean one clip
    assert [len(v) for v in again.views(first, "faces").values()] == [8, 8]


def test_adding_the_same_bytes_again_adds_a_path_only(tmp_path):
    index = filled(tmp_path / "i", (1,))
    entry, rows = described(0, 1)
    entry.files = {"/copy.mp4": (100, 5)}
    assert index.add([(entry, rows)], EXPERTS) == 0
    clip = VideoIndex(tmp_path / "i").clips()[0]
    assert set(clip.files) == {"/clips/0.mp4", "/copy.mp4"}
    assert index.remove(paths=["/copy.mp4"]) == 0
    assert index.remove(paths=["/clips/0.mp4"]) == 1
    assert VideoIndex(tmp_path / "i").clips() == []


def test_two_equal_files_in_one_call_are_one_clip(tmp_path):
    index = VideoIndex(tmp_path / "i")
    first, second = described(0, 1), described(0, 1)
    second[0].files = {"/copy.mp4": (100, 5)}
    assert index.add([first, second], EXPERTS) == 1
    assert set(index.clips()[0].files) == {"/clips/0.mp4", "/copy.mp4"}


def test_nothing_is_near_to_no_query_and_a_removed_clip_has_no_views(tmp_path):
    index = filled(tmp_path / "i", (1,), (2,))
    assert index.nearest("faces", query(1)[:0], 3) == []
    clip = index.clips()[0]
    index.remove(keys=[clip.key])
    assert index.views(clip, "faces") == {}


def test_numbers_are_never_given_twice(tmp_path):
    index = filled(tmp_path / "i", (1,), (2,))
    index.remove(keys=[f"{1:064x}"])
    index.add([described(5, 3)], EXPERTS)
    assert [clip.number for clip in index.clips()] == [1, 3]


def test_removed_vectors_are_gone_from_the_disk(tmp_path):
    index = filled(tmp_path / "i", (1,), (2,), (1, 3))
    gone = index.views(index.clips()[1], "faces")[0]
    assert _on_disk(tmp_path, gone)
    assert index.remove(keys=[f"{1:064x}"]) == 1
    assert not _on_disk(tmp_path, gone)
    assert not _on_disk(tmp_path, np.frombuffer(f"{1:064x}".encode(), np.uint8))
    assert len(index.nearest("faces", query(1), 9)) == 3
    assert all(hit.distance > 0.5 for hit in index.nearest("faces", query(2), 9))


def test_erasing_leaves_other_files_alone(tmp_path):
    index = filled(tmp_path / "i", (1,))
    rows = index.views(index.clips()[0], "faces")[0]
    (tmp_path / "i" / "letter.txt").write_bytes(b"mine")
    index.remove(keys=[f"{0:064x}"])
    VideoIndex.erase(tmp_path / "i")
    assert not VideoIndex.exists(tmp_path / "i")
    assert not _on_disk(tmp_path, rows)
    assert (tmp_path / "i" / "letter.txt").read_bytes() == b"mine"


def test_no_index_is_made_among_other_files(tmp_path):
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(VideoIndexError, match="other files"):
        filled(tmp_path, (1,))
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_other_experts_are_refused(tmp_path):
    index = filled(tmp_path / "i", (1,))
    with pytest.raises(VideoIndexError, match="other experts"):
        index.add([described(1, 2)], "test 2")
    assert len(VideoIndex(tmp_path / "i").clips()) == 1


@posix
def test_files_are_private(tmp_path):
    filled(tmp_path / "i", (1,))
    for path in (tmp_path / "i").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_vectors_are_compared_some_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "_AT_ONCE", 3)
    index = filled(tmp_path / "i", *[(i,) for i in range(20)])
    assert [hit.clip.key for hit in index.nearest("faces", query(13), 1)] == [f"{13:064x}"]
    index.remove(keys=[f"{13:064x}"])
    assert [hit.distance > 0.5 for hit in index.nearest("faces", query(13), 1)] == [True]


def test_a_change_that_is_cut_off_changes_nothing(tmp_path, monkeypatch):
    index = filled(tmp_path / "i", (1,), (2,))
    insert = store._insert

    def failing(*args):
        insert(*args)
        raise OSError("disk full")

    monkeypatch.setattr(store, "_insert", failing)
    with pytest.raises(VideoIndexError, match="disk full"):
        index.add([described(9, 9)], EXPERTS)
    monkeypatch.undo()
    assert len(index.clips()) == 2
    assert index.add([described(9, 9)], EXPERTS) == 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"no database" * 99,
        lambda data: data[: len(data) // 2],
        lambda data: data[:60] + b"\0\0\0\x63" + data[64:],  # the tables of another version
        lambda data: data.replace(b"duration_s", b"duration_z"),
    ],
)
def test_damage_is_told(tmp_path, damage):
    filled(tmp_path / "i", (1,))
    path = tmp_path / "i" / "index.db"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(VideoIndexError, match="damaged"):
        VideoIndex(tmp_path / "i").clips()


@posix
def test_processes_that_write_at_once_lose_nothing(tmp_path):
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=add_some, args=(str(tmp_path / "i"), first)) for first in (0, 100)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(100)
        assert process.exitcode == 0
    index = VideoIndex(tmp_path / "i")
    assert sorted(clip.key for clip in index.clips()) == sorted(f"{i:064x}" for i in (*range(3), *range(100, 103)))
    assert sorted(clip.number for clip in index.clips()) == list(range(1, 7))
    assert [hit.clip.key for hit in index.nearest("faces", face(102), 1)] == [f"{102:064x}"]


# -- searching ---------------------------------------------------------------------------------------------------------


def test_distances_are_what_numpy_says():
    rng = np.random.default_rng(3)
    queries, rows = rng.random((9, 128), np.float32), rng.random((120, 128), np.float32)
    truth = np.linalg.norm(queries[:, None] - rows[None], axis=2).min(0)
    np.testing.assert_allclose(store.distances(queries, rows), truth, rtol=1e-4)


def test_faiss_and_torch_share_a_process(monkeypatch):
    """Two OpenMP runtimes in one process: loops of both, in turns, and threads as they were."""
    import faiss
    import torch

    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    rows = np.concatenate(list(made_clip(0, *range(50))[1]["faces"].values()))
    before, torch_before = faiss.omp_get_max_threads(), torch.get_num_threads()
    left = torch.randn(300, 300, generator=torch.Generator().manual_seed(0))
    first = None
    for _ in range(5):
        product = (left @ left).sum().item()
        apart = store.distances(face(3), rows).tolist()
        first = first or (product, apart)
        assert (product, apart) == first
    assert faiss.omp_get_max_threads() == before
    assert torch.get_num_threads() == torch_before
    with store.threads():
        assert faiss.omp_get_max_threads() == 2


def _on_disk(folder: Path, array: np.ndarray) -> bool:
    """Whether any row's bytes are in any file below a folder."""
    needles = [row.tobytes() for row in np.atleast_2d(array)]
    files = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    return any(needle in data for needle in needles for data in files)

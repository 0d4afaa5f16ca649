"""Content keys that are remembered: never an old one for new bytes, and no second reading of old bytes."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from pathlib import Path

import pytest

from pvchat.errors import VideoReadError
from pvchat.storage.clips import ClipCache
from pvchat.video import ContentKeys, content_key, keys


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are read, in order."""
    names: list[str] = []
    real = keys.open_local
    monkeypatch.setattr(keys, "open_local", lambda path: names.append(Path(path).name) or real(path))
    return names


def write_long_ago(path: Path, data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file as it is an hour after it was written: the clock is put forward."""
    path.write_bytes(data)
    later = time.time_ns() + 3_600_000_000_000
    monkeypatch.setattr(keys.time, "time_ns", lambda: later)


def test_a_file_is_hashed_once(tmp_path: Path, hashed: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    path, known = tmp_path / "a.mp4", ContentKeys()
    write_long_ago(path, b"one", monkeypatch)
    assert known.of(path) == known.of(str(path)) == hashlib.sha256(b"one").hexdigest()
    assert hashed == ["a.mp4"]


def test_new_bytes_have_a_new_key(tmp_path: Path, hashed: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    path, known = tmp_path / "a.mp4", ContentKeys()
    write_long_ago(path, b"one", monkeypatch)
    before = known.of(path), path.stat()
    path.write_bytes(b"two")  # same name, inode and size …
    os.utime(path, ns=(before[1].st_atime_ns, before[1].st_mtime_ns))  # … and the old date
    assert known.of(path) == content_key(path) != before[0]


def test_another_file_in_its_place_has_its_own_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, other, known = tmp_path / "a.mp4", tmp_path / "b.mp4", ContentKeys()
    other.write_bytes(b"two")
    write_long_ago(path, b"one", monkeypatch)
    known.of(path)
    os.utime(other, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    os.replace(other, path)
    assert known.of(path) == content_key(path)


def test_a_file_that_just_changed_is_read_again(tmp_path: Path, hashed: list[str]) -> None:
    path, known = tmp_path / "a.mp4", ContentKeys()
    path.write_bytes(b"one")
    known.of(path)
    known.of(path)
    assert hashed == ["a.mp4"] * 2


def test_a_file_with_a_date_to_come_is_hashed_once(
    tmp_path: Path, hashed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A camera's clock may be hours ahead; a film of gigabytes was hashed for every question."""
    path, known = tmp_path / "a.mp4", ContentKeys()
    write_long_ago(path, b"one", monkeypatch)
    os.utime(path, (4e9, 4e9))
    assert known.of(path) == known.of(path)
    assert hashed == ["a.mp4"]


def test_what_was_forgotten_while_a_key_was_kept_does_not_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "LARGE_BYTES", 1)
    cache, kept = ClipCache(tmp_path / "clips"), tmp_path / "clips" / "keys.json"
    known = ContentKeys(kept)
    for name in ("a.mp4", "b.mp4"):
        write_long_ago(tmp_path / name, name.encode(), monkeypatch)
    known.of(tmp_path / "a.mp4")
    assert cache.root.joinpath(".lock").exists()
    forgetting = threading.Thread(target=cache.purge)
    read = keys.private.read

    def and_then_is_forgotten(path: Path) -> bytes:
        data = read(path)
        if not forgetting.ident:
            forgetting.start()
            forgetting.join(0.3)  # it waits for its turn
        return data

    monkeypatch.setattr(keys.private, "read", and_then_is_forgotten)
    known._from_disk = lambda stamp: None  # type: ignore[method-assign]
    known.of(tmp_path / "b.mp4")
    forgetting.join()
    assert not kept.exists()


def test_memory_is_bounded(tmp_path: Path, hashed: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "MOST", 3)
    known, paths = ContentKeys(), [tmp_path / f"{i}.mp4" for i in range(4)]
    for path in paths:
        write_long_ago(path, path.name.encode(), monkeypatch)
    for path in (*paths, *reversed(paths)):
        known.of(path)
    assert hashed == ["0.mp4", "1.mp4", "2.mp4", "3.mp4", "0.mp4"]


def test_a_file_that_is_gone_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, known = tmp_path / "a.mp4", ContentKeys()
    write_long_ago(path, b"one", monkeypatch)
    known.of(path)
    path.unlink()
    with pytest.raises(VideoReadError, match="no such file"):
        known.of(path)

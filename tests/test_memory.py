"""glibc's habits: dozens of threads share two arenas, so that what one freed another can take."""

from __future__ import annotations

import mmap
import subprocess
import sys
from pathlib import Path

import pytest

from pvchat import memory

COUNT = """
import ctypes, sys, threading
from pvchat.memory import give_back, keep_small

if sys.argv[2] == "small":
    keep_small()

def take():  # twelve threads that have something at the same time
    mine = [bytearray(3000) for _ in range(100)]
    gate.wait()

gate = threading.Barrier(12)
threads = [threading.Thread(target=take) for _ in range(12)]
for thread in threads: thread.start()
for thread in threads: thread.join()
give_back()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(libc.fopen(sys.argv[1].encode(), b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
"""


def _has_glibc() -> bool:
    try:
        return hasattr(memory._libc(), "malloc_info")
    except OSError:
        return False


@pytest.mark.skipif(not _has_glibc(), reason="it asks glibc")
@pytest.mark.parametrize("how", ["small", "as it is"])
def test_threads_share_two_arenas(tmp_path: Path, how: str) -> None:
    subprocess.run([sys.executable, "-c", COUNT, str(tmp_path / "info"), how], check=True)
    arenas = (tmp_path / "info").read_text().count("<heap nr=")
    assert arenas <= memory.ARENAS if how == "small" else arenas > memory.ARENAS


def test_without_glibc_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    memory.keep_small()
    memory.give_back()


@pytest.mark.skipif(sys.platform != "linux", reason="it asks Linux")
def test_pages_of_mapped_files_go_and_come_back(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside" / "weights", tmp_path / "outside"
    inside.parent.mkdir()
    maps = []
    for path in (inside, outside):
        path.write_bytes(b"w" * (4 << 20))
        with path.open("rb") as file:
            maps.append(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        assert maps[-1][:].count(b"w") == 4 << 20  # all of it is read
    before = [_resident(path) for path in (inside, outside)]
    memory.unread(inside.parent)
    assert before[0] > 3 << 20
    assert (_resident(inside), _resident(outside)) == (0, before[1])
    assert maps[0][-1:] == b"w"


def _resident(path: Path) -> int:
    """Bytes of a mapped file that this process holds."""
    lines = Path("/proc/self/smaps").read_text().splitlines()
    start = next(i for i, line in enumerate(lines) if line.endswith(str(path)))
    return next(int(line.split()[1]) * 1024 for line in lines[start:] if line.startswith("Rss:"))

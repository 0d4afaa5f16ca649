"""glibc's habits: dozens of threads share two arenas, so that what one freed another can take."""

from __future__ import annotations

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

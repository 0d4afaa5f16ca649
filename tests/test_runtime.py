"""Device choice, seeds, threads, sizes and the progress display."""

from __future__ import annotations

import io
import logging
import os
import re
import select
import sys
import time

import pytest
import torch
from make_people import posix
from threadpoolctl import threadpool_info, threadpool_limits

from pvchat import runtime
from pvchat.config import Settings
from pvchat.errors import SettingsError
from pvchat.service.networks import Networks


def test_auto_takes_the_first_device_there_is():
    assert runtime.pick_device("auto") == runtime.available_devices()[0]
    assert runtime.pick_device("cpu") == "cpu"
    assert runtime.available_devices()[-1] == "cpu"


@pytest.mark.parametrize("asked", ["gpu", "tpu:0", "CPU", ""])
def test_an_unknown_device_is_named(asked):
    with pytest.raises(SettingsError) as caught:
        runtime.pick_device(asked)
    assert asked in caught.value.subject
    assert "auto, cpu, cuda or mps" in caught.value.hint


def test_a_device_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(SettingsError) as caught:
        runtime.pick_device("cuda:1")
    assert "cuda:1" in caught.value.subject
    assert "It has cpu" in caught.value.hint


@pytest.mark.parametrize(
    ("flags", "name"),
    [("fma amx_bf16 amx_tile", "bfloat16"), ("fma avx512_bf16", "float32"), ("", "float32"), (None, "float32")],
)
def test_only_matrix_units_make_bf16_the_fastest(tmp_path, monkeypatch, flags, name):
    """Vector instructions alone multiply in it more slowly than in float32; where nothing is told, float32 is safe."""
    told = tmp_path / "cpuinfo"
    if flags is not None:
        told.write_text(f"processor : 0\nmodel name : amx_bf16-like\nflags : {flags}\n")
    monkeypatch.setattr(runtime, "_CPUINFO", told)
    assert runtime.best_dtype("cpu") is getattr(torch, name)
    assert runtime.fastest_dtype_name("cpu") == name
    assert runtime.best_dtype("mps") is torch.float32
    assert runtime.fastest_dtype_name("cuda:1") == "bfloat16"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere torch is asked")
def test_without_a_driver_torch_is_not_asked(monkeypatch):
    asked = []
    monkeypatch.setattr(runtime, "available_devices", lambda: asked.append(1) or ("cuda", "cpu"))
    monkeypatch.setattr(runtime, "_NODES", ("/dev/not-there",))
    assert (runtime.pick_device("auto"), asked) == ("cpu", [])
    monkeypatch.setattr(runtime, "_NODES", ("/dev/not-there", "/dev/null"))
    assert (runtime.pick_device("auto"), asked) == ("cuda", [1])


def test_a_numbered_gpu_must_exist(monkeypatch):
    monkeypatch.setattr(runtime, "_NODES", ("/dev/null",))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert runtime.pick_device("auto") == "cuda"
    assert runtime.pick_device("cuda:1") == "cuda:1"
    with pytest.raises(SettingsError):
        runtime.pick_device("cuda:2")


def test_threads(monkeypatch):
    before = torch.get_num_threads()
    try:
        monkeypatch.setenv("OMP_NUM_THREADS", "1")
        assert runtime.set_threads() == torch.get_num_threads() == 1
        monkeypatch.setenv("OMP_NUM_THREADS", "many")
        assert runtime.set_threads() == runtime.usable_cores() >= 1
        assert runtime.set_threads(1) == 1
    finally:
        torch.set_num_threads(before)


def test_processes_beside_each_other_share_the_threads(monkeypatch):
    monkeypatch.setattr(runtime, "_processes", 1)
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    assert (runtime.threads(), runtime.own_threads()) == (5, 5)
    with threadpool_limits(5, "blas"):  # as it was, afterwards
        runtime.share_threads(2)
        assert (runtime.threads(), runtime.own_threads()) == (5, 2)
        runtime.share_threads(8)
        assert (runtime.threads(), runtime.own_threads()) == (5, 1)
        assert {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"} == {1}


def test_hearing_takes_no_more_than_its_process_may(monkeypatch):
    before = torch.get_num_threads()
    monkeypatch.setattr(runtime, "_processes", 2)
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    try:
        torch.set_num_threads(4)
        Networks(Settings(device="cpu")).sound  # noqa: B018
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize(
    ("count", "shown"), [(None, "?"), (0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (93e6, "93 MB"), (2.25e9, "2.2 GB")]
)
def test_sizes(count, shown):
    assert runtime.size(count) == shown


@pytest.mark.parametrize(
    ("count", "shown"), [(0.04, "0.0 s"), (9.9, "9.9 s"), (12.3, "12 s"), (59.7, "1 min 00 s"), (125, "2 min 05 s")]
)
def test_durations(count, shown):
    assert runtime.seconds(count) == shown


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def told(display, *steps):
    """The lines after these steps: what, how much is done, of how much, seconds until the next."""
    for what, done, total, wait_s in steps:
        display(what, done, total)
        time.sleep(wait_s)
    return display.stream.getvalue().splitlines()


def test_without_a_terminal_progress_is_lines(monkeypatch):
    monkeypatch.setattr(runtime, "PLAIN_EVERY_S", 0.3)
    steps = [("llm", done * 1e6, 100e6, 0.1) for done in range(0, 101, 10)]
    with runtime.ProgressDisplay("bytes", io.StringIO()) as display:
        lines = told(display, *steps, ("llm", 100e6, 100e6, 0))  # telling the end twice says it once
    assert lines[0] == "llm: 0.00B of 100MB, 00:00"  # nobody knows yet how long it takes
    assert re.fullmatch(r"llm: \d0.0MB of 100MB, 00:00, 00:00 left", lines[1])
    assert lines[-1] == "llm: 100MB of 100MB, 00:01"
    assert 4 <= len(lines) <= 5


def test_progress_that_cannot_be_counted():
    display = runtime.ProgressDisplay("bytes", io.StringIO())
    lines = told(display, ("waiting for another process", 0, 0, 0), ("steps", 3, None, 0))
    assert lines == ["waiting for another process: 0.00B, 00:00", "steps: 3.00B, 00:00"]


def test_short_steps_are_not_worth_a_line(monkeypatch):
    monkeypatch.setattr(runtime, "PLAIN_EVERY_S", 0.3)
    display = runtime.ProgressDisplay(stream=io.StringIO())
    assert told(display, ("reading", 0, 40, 0.1), ("reading", 40, 40, 0)) == []
    lines = told(display, ("faces", 0, 40, 0.4), ("faces", 20, 40, 0.1), ("faces", 40, 40, 0))
    assert lines == ["faces: 50 %, 00:00, 00:00 left", "faces: 100 %, 00:00"]
    lines = told(display, ("faces", 4, 40, 0.4), ("faces", 20, 40, 0))  # the next clip
    assert lines[2:] == ["faces: 50 %, 00:00, 00:00 left"]


def test_on_a_terminal_progress_is_a_bar():
    with runtime.ProgressDisplay("bytes", Terminal()) as display:
        display("llm", 0, 93e6)
        time.sleep(0.2)
        display("llm", 1e6, 93e6)
        assert "llm: 1.00MB of 93.0MB |" in display.stream.getvalue()


@posix
@pytest.mark.parametrize("size", [(24, 80), (24, 0), (0, 0)])
def test_a_terminal_that_reports_no_size_is_shown_a_bar(size):
    import fcntl
    import struct
    import termios

    reader, writer = os.openpty()
    fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
    with os.fdopen(reader, "rb", 0) as screen, os.fdopen(writer, "w") as stream:
        display = runtime.ProgressDisplay(stream=stream)
        display("faces", 1, 10)
        assert select.select([screen], [], [], 10)[0]
        assert screen.read(1000).startswith(b"\rfaces: 10 % |")
        display.close()


def test_a_step_that_is_over_leaves_the_terminal():
    display = runtime.ProgressDisplay(stream=Terminal())
    for what in ("reading", "faces", "reading"):
        display(what, 1, 2)
        display(what, 2, 2)
    assert display._bars == {}
    assert display.stream.getvalue().split("\r")[-2].strip() == ""
    display.close()


@pytest.mark.parametrize(("verbosity", "level"), [(0, logging.WARNING), (1, logging.INFO), (2, logging.DEBUG)])
def test_log_levels(verbosity, level):
    root = logging.getLogger("pvchat")
    before = root.level, list(root.handlers), root.propagate
    try:
        runtime.setup_logging(verbosity)
        runtime.setup_logging(verbosity)
        assert root.getEffectiveLevel() == level
        assert len(root.handlers) == 1
    finally:
        root.level, root.handlers, root.propagate = before

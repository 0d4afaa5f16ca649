"""Device choice, seeds, threads, sizes and the progress display."""

from __future__ import annotations

import io
import logging
import sys

import pytest
import torch
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
    ("count", "shown"),
    [(None, "?"), (0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (93e6, "93 MB"), (2.25e9, "2.2 GB")],
)
def test_sizes(count, shown):
    assert runtime.size(count) == shown


@pytest.mark.parametrize(
    ("count", "shown"), [(0.04, "0.0 s"), (9.9, "9.9 s"), (12.3, "12 s"), (59.7, "1 min 00 s"), (125, "2 min 05 s")]
)
def test_durations(count, shown):
    assert runtime.seconds(count) == shown


def test_without_a_terminal_progress_is_lines(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(runtime.time, "monotonic", lambda: clock[0])
    stream = io.StringIO()
    with runtime.ProgressDisplay("bytes", stream) as display:
        for done in range(0, 101, 10):
            display("llm", done * 1e6, 100e6)
            clock[0] += 1.0
        display("llm", 100e6, 100e6)  # telling the end twice says it once
    lines = stream.getvalue().splitlines()
    assert lines[0] == "llm: 0 B of 100 MB, started"
    assert lines[1] == "llm: 50 MB of 100 MB, 5.0 s left"
    assert lines[-1] == "llm: 100 MB, done in 10 s"
    assert len(lines) == 3


def test_progress_that_cannot_be_counted():
    stream = io.StringIO()
    display = runtime.ProgressDisplay("bytes", stream)
    display("waiting for another process", 0, 0)
    display("steps", 3, None)
    assert stream.getvalue() == "waiting for another process: 0 B, started\nsteps: 3 B, started\n"


def test_short_steps_are_not_worth_a_line(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(runtime.time, "monotonic", lambda: clock[0])
    stream = io.StringIO()
    display = runtime.ProgressDisplay(stream=stream)
    for what, done, now in (
        ("reading", 0, 0),
        ("reading", 40, 2),
        ("faces", 0, 2),
        ("faces", 20, 8),
        ("faces", 40, 14),
    ):
        clock[0] = now
        display(what, done, 40)
    assert stream.getvalue().splitlines() == ["faces: 50 %, 6.0 s left", "faces: done in 12 s"]
    display("faces", 4, 40)  # the next clip
    clock[0] += 6
    display("faces", 20, 40)
    assert stream.getvalue().splitlines()[2:] == ["faces: 50 %, 6.0 s left"]


def test_on_a_terminal_progress_is_a_bar():
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    with runtime.ProgressDisplay("bytes", stream) as display:
        display("llm", 1e6, 93e6)
    assert "llm" in stream.getvalue()
    assert "1.0 MB of 93 MB" in stream.getvalue()


def test_a_step_that_is_over_leaves_the_terminal():
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    display = runtime.ProgressDisplay(stream=Terminal())
    for what in ("reading", "faces", "reading"):
        display(what, 1, 2)
        display(what, 2, 2)
    assert display._bars.task_ids == []
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

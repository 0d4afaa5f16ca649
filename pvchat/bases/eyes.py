"""An encoder of CLIP's kind as eyes, by open_clip, and the zero-shot choices that fill the gaps that `claims.py` names.

In: pictures and sentences. Out: vectors [n, W] of one space; how like somebody, or a place, each of some sentences is.

`--eyes open_clip:ORG/NAME` or `open_clip:FOLDER` names one in the hub's layout: open_clip_config.json and safetensors.
Whatever is fetched becomes such a folder first, so both take one road: no pickle is read, no code of a checkpoint runs,
and nothing that a checkpoint merely names is fetched.

The likeness of a sentence of the lists (`choices.json`) is the cosine of a person's crops, or of whole frames for a
place, at a few moments, to it in several templates (CLIP, arXiv 2103.00020, Sec. 3.1.4), minus that to a sentence which
tells nothing ("a photo of a person."), in logits. Nothing was measured with a real encoder: how sure a choice must be
is a stated prior, and each is told with "probably".

Legend: n pictures or sentences, W width of the space, B looks.
"""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from pvchat import video
from pvchat.bases.loading import hub_answers
from pvchat.bases.marking import crop_of
from pvchat.bases.sources import HUB_ID
from pvchat.config import EYES, VideoConfig
from pvchat.errors import SettingsError
from pvchat.perception.sightings import whole_boxes
from pvchat.schemas import ClipAnalysis, FloatArray, Pixels

CONFIG = "open_clip_config.json"
_FILES = ("*.json", "*.txt", "*.model", "*.safetensors")  # of a hub's folder: no pickle
# in a config: what asks for something that isn't in its folder
_REMOTE = ("trust_remote_code", "hf_model_name", "hf-hub:", "hf_hub:", "local-dir:")
MOMENTS = 4  # at which a person or the place is looked at, spread evenly
TEMPLATES = (
    "a photo of {}.", "a frame of a video of {}.", "a blurry photo of {}.", "a picture of {} by a security camera.",
)  # fmt: skip
BASELINE = "A person."

Moment = tuple[float, FloatArray | None]  # seconds, and the box [4] that is looked at; None for the whole frame


class Eyes:
    """One encoder, named as `--eyes` has it; it loads when it first looks."""

    def __init__(self, name: str, device: str = "cpu") -> None:
        self.name, self.device = name, device
        self._lock = threading.RLock()

    @cached_property
    def folder(self) -> Path:
        """Where its files are, fetched where the name is a hub's; raises SettingsError where it can't be used."""
        if importlib.util.find_spec("open_clip") is None:
            hint = "Install what models of the hub need: pip install 'pvchat[hub]'."
            raise SettingsError("the package open_clip_torch is missing.", subject=f"--eyes {self.name}", hint=hint)
        hub_id = self.name.removeprefix(EYES)
        folder = Path(hub_id).expanduser()
        if not folder.is_dir() and HUB_ID.match(hub_id):
            from huggingface_hub import snapshot_download
            from huggingface_hub.errors import HfHubHTTPError

            try:
                offline = not hub_answers()
                folder = Path(snapshot_download(hub_id, allow_patterns=list(_FILES), local_files_only=offline))
            except (OSError, ValueError, HfHubHTTPError) as error:
                hint = "Download it where there is a network (`hf download ORG/NAME --local-dir DIR`) and use "
                what = "the hub can't be reached, or has no such model."
                raise SettingsError(what, subject=f"--eyes {self.name}", hint=f"{hint}--eyes {EYES}DIR.") from error
        if not (folder / CONFIG).is_file():
            raise self._refused(f"there is no folder with {CONFIG}.")
        if not any(folder.glob("*.safetensors")):
            raise self._refused("its folder holds no safetensors.")
        text = (folder / CONFIG).read_text(encoding="utf-8", errors="replace")
        if found := [word for word in _REMOTE if word in text]:
            raise self._refused(f"its {CONFIG} asks for what isn't in its folder ({found[0]}).")
        return folder

    @property
    def sharpness(self) -> float:
        """What its training multiplied cosines by (CLIP's exp(logit_scale), arXiv 2103.00020, Sec. 2.3)."""
        return float(self._loaded[0].logit_scale.exp())

    def pictures(self, frames: Sequence[Pixels]) -> FloatArray:
        """Vectors [n, W] of unit length of pictures [H, W, 3] uint8 RGB, each of a size of its own."""
        import torch
        from PIL import Image

        model, prepare, _ = self._loaded
        with self._lock, torch.inference_mode():
            batch = torch.stack([prepare(Image.fromarray(frame)) for frame in frames]).to(self.device)
            return np.asarray(model.encode_image(batch, normalize=True).float().cpu(), np.float32)

    def sentences(self, texts: Sequence[str]) -> FloatArray:
        """Vectors [n, W] of unit length of n sentences."""
        import torch

        model, _, tokenizer = self._loaded
        with self._lock, torch.inference_mode():
            tokens = tokenizer(list(texts)).to(self.device)
            return np.asarray(model.encode_text(tokens, normalize=True).float().cpu(), np.float32)

    def load(self) -> None:
        """Load it now instead of when it first looks; raises SettingsError."""
        _ = self._loaded

    @cached_property
    def _loaded(self) -> tuple[Any, Any, Any]:
        """The model, what makes its input of a picture, its tokenizer."""
        with self._lock:
            place = f"local-dir:{self.folder}"  # first: it tells where open_clip isn't installed
            import open_clip

            try:
                model, prepare = open_clip.create_model_from_pretrained(place, device=self.device)
                tokenizer = open_clip.get_tokenizer(place)
            except (OSError, ValueError, KeyError, RuntimeError, TypeError, ImportError) as error:
                why = " ".join(str(error).split())[:300]
                raise self._refused(f"open_clip can't load it: {why}") from error
            return model.eval().requires_grad_(False), prepare, tokenizer

    def _refused(self, why: str) -> SettingsError:
        hint = f"Name a folder with {CONFIG} and weights as safetensors, or ORG/NAME of one on the hub."
        return SettingsError(why, subject=f"--eyes {self.name}", hint=hint)


class ZeroShot:
    """One encoder as it looks at clips. It keeps the vectors of sentences, nothing of a clip."""

    def __init__(self, eyes: Eyes, config: VideoConfig) -> None:
        self.eyes, self.config = eyes, config
        self._vectors = lru_cache(maxsize=8)(self._encode)

    def likeness(
        self, analysis: ClipAnalysis, clip: Path, tracks: Sequence[int | None], texts: Sequence[str]
    ) -> FloatArray:
        """How much nearer each of n texts is to each of B tracks (None: to the whole clip) than one that tells nothing:
        [B, n] in logits. Raises VideoReadError where the clip is gone or damaged.
        """
        vectors, baseline = self._vectors(tuple(texts)), self._vectors((BASELINE,))
        wanted = [moments(analysis, track) for track in tracks]
        times = {time for one in wanted for time, _ in one}  # those that can't be decoded are left out
        frames = dict(video.pictures_at(clip, video.probe(clip, self.config), times, self.config))
        rows = []
        for looks in wanted:
            seen_at = [(frames[time], box) for time, box in looks if time in frames]
            shown = [frame if box is None else crop_of(frame, box) for frame, box in seen_at]
            seen = self.eyes.pictures(shown).mean(0) if shown else np.zeros(vectors.shape[1], np.float32)
            rows.append((vectors - baseline) @ seen)
        return np.stack(rows).astype(np.float32) * np.float32(self.eyes.sharpness)

    def _encode(self, texts: tuple[str, ...]) -> FloatArray:
        """[n, W] the mean direction of each text in all templates."""
        # "A person is cooking." → "a person cooking"
        plain = [t.rstrip(".").replace("A person is ", "a person ").replace("A person", "a person") for t in texts]
        prompts = [template.format(text) for text in plain for template in TEMPLATES]
        mean = self.eyes.sentences(prompts).reshape(len(texts), len(TEMPLATES), -1).mean(1)
        unit: FloatArray = mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-6)
        return unit


def moments(analysis: ClipAnalysis, track: int | None) -> list[Moment]:
    """When to look at somebody (an index into the tracks), and where; None: at whole frames."""
    if track is None:
        return [(float(analysis.times[i]), None) for i in _spread(len(analysis.times))]
    one = analysis.tracks[track]
    boxes = whole_boxes(one)
    return [(float(analysis.times[one.frames[i]]), boxes[i]) for i in _spread(len(one))]


def _spread(count: int) -> list[int]:
    """At most `MOMENTS` of `count` places, evenly, the middle one of each share."""
    most = min(MOMENTS, count)
    return [int((i + 0.5) * count / most) for i in range(most)]

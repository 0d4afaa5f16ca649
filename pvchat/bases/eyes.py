"""An encoder of CLIP's kind as eyes: pictures and sentences in, vectors [n, W] of one space out, by open_clip.

`--eyes open_clip:ORG/NAME` or `open_clip:FOLDER` names one in the hub's layout: open_clip_config.json and safetensors.
Whatever is fetched becomes such a folder first, so both take one road: no pickle is read, no code of a checkpoint runs,
and nothing that a checkpoint merely names is fetched. `zeroshot.py` chooses by it.

Legend: n pictures or sentences, W width of the space.
"""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pvchat.bases.loading import hub_answers
from pvchat.bases.sources import HUB_ID
from pvchat.config import EYES
from pvchat.errors import SettingsError
from pvchat.schemas import FloatArray

if TYPE_CHECKING:
    from pvchat.bases.marking import Frames

CONFIG = "open_clip_config.json"
_FILES = ("*.json", "*.txt", "*.model", "*.safetensors")  # of a hub's folder: no pickle
# in a config: what asks for something that isn't in its folder
_REMOTE = ("trust_remote_code", "hf_model_name", "hf-hub:", "hf_hub:", "local-dir:")


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

    def pictures(self, frames: Sequence[Frames]) -> FloatArray:
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

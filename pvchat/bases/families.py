"""What each family of video language models wants of its pictures; torch-free.

Every model goes through `AutoModelForImageTextToText` and its own processor. They differ in whether they take a video
at all, write the times of its frames themselves, and take pictures beside a video in one prompt; a family that isn't
known gets its frames as pictures, each with its time as text before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Family:
    """One kind of model.

    Attributes:
        name: of the family.
        video: takes `{"type": "video"}`.
        times: writes the frames' times into the prompt itself.
        beside: takes pictures beside a video. SmolVLM's processor puts both under one key, so one would be lost.
        pair: frames that become one: outlines on them should match.
        still: options of its processor for prompts with pictures; moving: for those with a video. Cutting a picture
            into tiles multiplies tokens without a gain for a scene.
    """

    name: str
    video: bool = True
    times: bool = False
    beside: bool = True
    pair: int = 1
    still: Mapping[str, Any] = field(default_factory=dict)
    moving: Mapping[str, Any] = field(default_factory=dict)


FAMILIES: Mapping[str, Family] = {
    "smolvlm": Family("SmolVLM", times=True, beside=False, still={"do_image_splitting": False}),
    "qwen3_vl": Family("Qwen3-VL", times=True, pair=2, moving={"cap_pixels_per_frame": True}),
    "internvl": Family("InternVL", still={"crop_to_patches": False}, moving={"crop_to_patches": False}),
    "llava_onevision": Family("LLaVA-OneVision"),
}
OTHER = Family("other", video=False)


def family_of(model_type: str) -> Family:
    """The family of a `model_type` of transformers; one that isn't known is shown pictures."""
    return FAMILIES.get(model_type, OTHER)

"""A chat as a base reads it (frames with their times, who is who, what was measured, the question), and its reply.

Inputs are made by the base's own processor and template. Special tokens that a question brings along are taken out:
only `loading.SOFT` of ours stands for a person.

Legend: T frames, L tokens of a prompt.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from pvchat.bases.loading import SOFT, Base
from pvchat.bases.marking import Visuals, colour_of
from pvchat.bases.sources import Family
from pvchat.errors import SettingsError
from pvchat.model.prompts import strip_tokens

ChatPart = dict[str, Any]
TURNS = 4  # earlier questions with their answers that are told again
BRIEF = "Answer in one or two short sentences."
PRESENCE_QUESTION, PRESENCE_BRIEF = "Is {} in this video?", "Answer yes or no."  # of one person, in training
_FPS = 10.0  # in which a video's times are told
CROPPED = "Enlarged, {} alone:"
# said outright: a model's own settings fill what isn't, and penalties look up ids that are no rows
GREEDY: dict[str, Any] = {
    "do_sample": False, "num_beams": 1, "repetition_penalty": 1.0, "no_repeat_ngram_size": 0,
}  # fmt: skip
OnText = Callable[[str], bool]  # the text so far; True: enough, stop


@dataclass(frozen=True)
class BasePrompt:
    """A question to a base about one clip, and what stands beside it in the prompt."""

    question: str
    measured: str = ""  # in plain sentences
    history: tuple[tuple[str, str], ...] = ()  # earlier questions with their answers, oldest first
    soft: tuple[tuple[str, int], ...] = ()  # who has personal tokens, in the order of their vectors, and how many
    brief: str = BRIEF  # how the answer should look; empty leaves it open


def inputs_of(base: Base, visuals: Visuals | None, prompt: BasePrompt, answer: str | None = None) -> dict[str, Any]:
    """Everything that the base's `forward` and `generate` take, on its device; visuals of None ask without pictures.

    An answer of None lets the base go on; another is what it should have said, ended as the base ends a turn: then
    there are also "labels" [1, L], -100 outside it. Raises SettingsError where the processor can't take such a prompt.
    """
    import torch

    pictures, options = _pictures(base, visuals)
    chat = _chat(base, pictures, _introduction(base, visuals, prompt), prompt)
    try:
        batch = base.processor.apply_chat_template(
            chat, add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt",
            processor_kwargs=options,
        )  # fmt: skip
    except (ValueError, TypeError, KeyError) as error:
        raise SettingsError(f"this base can't be asked so: {error}", subject=base.source.name) from error
    made = {k: v.to(base.device) for k, v in batch.items() if isinstance(v, torch.Tensor)}
    made = {k: v.to(base.model.dtype) if v.is_floating_point() else v for k, v in made.items()}
    return made if answer is None else _with_answer(base, made, answer)


def reply(base: Base, inputs: dict[str, Any], max_tokens: int = 96, on_text: OnText | None = None) -> str:
    """The base's greedy reply to a prompt; `on_text` is called with the whole text after each token and may end it."""
    import torch
    from transformers import GenerationConfig, StoppingCriteriaList

    from pvchat.model.speculative import stop_ids

    pad = base.tokenizer.pad_token_id
    settings = GenerationConfig(
        max_new_tokens=max_tokens, eos_token_id=sorted(stop_ids(base.model, base.tokenizer) | {end_of_turn(base)}),
        pad_token_id=end_of_turn(base) if pad is None else pad, use_cache=True, **GREEDY,
    )  # fmt: skip
    start = inputs["input_ids"].shape[1]

    def enough(ids: Any, *_: Any, **__: Any) -> Any:
        """Asked after every token whether to stop."""
        done = on_text is not None and on_text(base.tokenizer.decode(ids[0, start:], skip_special_tokens=True).lstrip())
        return torch.full((len(ids),), done, dtype=torch.bool, device=ids.device)

    with torch.inference_mode():
        out = base.model.generate(
            **inputs, generation_config=settings, stopping_criteria=StoppingCriteriaList([enough])
        )
    return str(base.tokenizer.decode(out[0, start:], skip_special_tokens=True)).strip()


def yes_no(base: Base, inputs: dict[str, Any]) -> Any:
    """Log-odds, a scalar tensor, that the answer begins with "Yes" rather than "No"; gradients flow."""
    out = base.model(**inputs, use_cache=False, logits_to_keep=1)
    yes, no = yes_no_ids(base)
    last = out.logits[0, -1].float()
    return last[yes] - last[no]


def yes_no_ids(base: Base) -> tuple[int, int]:
    """The first token of "Yes" and of "No"."""
    yes, no = (base.tokenizer(word, add_special_tokens=False)["input_ids"][0] for word in ("Yes", "No"))
    return int(yes), int(no)


def clean(base: Base, text: str) -> str:
    """A text without the base's special tokens."""
    return strip_tokens(text, [str(token) for token in base.tokenizer.get_added_vocab()])


def clock(seconds: float) -> str:
    """A time as m:ss."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def _with_answer(base: Base, made: dict[str, Any], answer: str) -> dict[str, Any]:
    """A prompt's inputs with an answer after it, and labels that are the answer's tokens."""
    import torch

    ids = base.tokenizer(answer, add_special_tokens=False)["input_ids"] + [end_of_turn(base)]
    more = torch.tensor([ids], device=base.device)
    before = made["input_ids"]
    labels = torch.cat([torch.full_like(before, -100), more], 1)
    made = {**made, "labels": labels, "input_ids": torch.cat([before, more], 1)}
    for name, value in (("attention_mask", 1), ("mm_token_type_ids", 0)):
        if name in made:
            made[name] = torch.cat([made[name], torch.full_like(more, value)], 1)
    return made


def end_of_turn(base: Base) -> int:
    """The token that ends what the base says: SmolVLM's own one, else its tokenizer's."""
    own = getattr(base.tokenizer, "end_of_utterance_token_id", None)
    return int(own if own is not None else base.tokenizer.eos_token_id)


def _chat(base: Base, pictures: list[ChatPart], introduction: str, prompt: BasePrompt) -> list[dict[str, Any]]:
    """Turns: the pictures come with the first question."""
    turns: list[dict[str, Any]] = []
    questions = [*prompt.history[-TURNS:], (prompt.question, "")]
    for place, (question, reply) in enumerate(questions):
        last = place == len(questions) - 1
        text = f"{clean(base, question)} {prompt.brief if last else ''}".strip()
        text = f"{introduction}\n{text}".strip() if place == 0 else text
        turns.append({"role": "user", "content": [*(pictures if place == 0 else []), {"type": "text", "text": text}]})
        if not last:
            turns.append({"role": "assistant", "content": [{"type": "text", "text": clean(base, reply)}]})
    return turns


def _introduction(base: Base, visuals: Visuals | None, prompt: BasePrompt) -> str:
    """Who is who, and what was measured, before the question."""
    lines = []
    if visuals is not None and _moving(base.family, visuals) and not base.family.times:
        lines.append(f"Frames at {', '.join(clock(t) for t in visuals.times)}.")
    people = visuals.people if visuals is not None else ()
    persons = []
    for place, person in enumerate(people):
        seen = ", ".join(f"{clock(a)}–{clock(b)}" for a, b in person.spans[:3])
        mark = f" = {colour_of(place)} outline" if visuals is not None and visuals.outlined else " is in the video"
        persons.append(f"{clean(base, person.name)}{mark}{f', {seen}' if seen else ''}")
    if persons:
        lines.append(f"{'; '.join(persons)}. Other people are unknown.")
    if visuals is not None and visuals.outlined:
        lines.append("Do not mention outlines or their colours.")
    lines += [f"{clean(base, name)} is {SOFT * count}." for name, count in prompt.soft]
    if prompt.measured:
        lines.append(f"Measured: {clean(base, prompt.measured)}")
    return "\n".join(lines)


def _moving(family: Family, visuals: Visuals) -> bool:
    """Whether frames go in as a video: a still is a picture, and Qwen3-VL takes no video of one frame."""
    return family.video and len(visuals.frames) > 1 and (family.beside or visuals.crop is None)


def _pictures(base: Base, visuals: Visuals | None) -> tuple[list[ChatPart], dict[str, Any]]:
    """The pictures of a prompt, and the processor's options for them."""
    if visuals is None or (not len(visuals.frames) and visuals.crop is None):
        return [], {}
    family = base.family
    crop = [] if visuals.crop is None else [_picture(visuals.crop)]
    name = clean(base, visuals.people[0].name) if visuals.people else ""
    caption = [{"type": "text", "text": CROPPED.format(name)}] if crop and name else []
    if _moving(family, visuals):
        # Times as a processor reads them: without them it takes 24 frames a second, and all times collapse. Indices
        # count tenths of a second, so that frames keep their own times whatever their distances are.
        at = np.maximum.accumulate(np.round(np.asarray(visuals.times, np.float64) * _FPS)).astype(int)
        total = int(at[-1]) + 1
        times = {"total_num_frames": total, "fps": _FPS, "duration": total / _FPS, "frames_indices": at.tolist()}
        options = {**family.moving, "do_sample_frames": False, "video_metadata": [times]}
        options |= dict(family.still) if crop else {}
        return [{"type": "video", "video": visuals.frames}, *caption, *crop], options
    parts: list[ChatPart] = []
    for time, frame in zip(visuals.times, visuals.frames, strict=True):
        parts += [{"type": "text", "text": f"{clock(time)}:"}, _picture(frame)]
    return [*parts, *caption, *crop], dict(family.still)


def _picture(pixels: Any) -> ChatPart:
    from PIL import Image

    return {"type": "image", "image": Image.fromarray(pixels)}

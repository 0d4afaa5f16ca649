"""A tiny base that was pretrained, so that a person can be taught to it: `pretrain(base)`.

It sees clips of made-up people in two colours. A prompt holds somebody's visual tokens where a person's own would
stand, as enrollment starts them, and asks whether she is there; every fourth asks about the scene (`GENERIC`). People
are drawn anew, so what is learned is to compare, and not who Ana is. One batch has one text: the rows differ in their
pictures alone, so nothing is padded.

That takes three to seven minutes of one core, so the weights of the families that the tests take are kept in
`pretrained/`. Make them anew where a prompt, or a base of `make_bases.py`, has changed:

    PYTHONPATH=tests python tests/bases/make_pretrained.py llava_onevision smolvlm
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from make_bases import save_base
from make_lessons import SHADES, Colours, bright, crop, shown
from torch import Tensor
from torch.nn import functional as F

from pvchat.bases.loading import Base, load_base
from pvchat.bases.marking import Visuals
from pvchat.bases.prompts import PRESENCE_BRIEF, PRESENCE_QUESTION, BasePrompt, inputs_of, yes_no_ids
from pvchat.bases.soft import TOKENS, _picture_positions, spoken_with
from pvchat.bases.sources import read_source
from pvchat.model.people import PersonState
from pvchat.runtime import one_thread
from pvchat.train.examples import ALIASES, GENERIC

PEOPLE, CLIPS, CROPS = 300, 2, 2  # made-up ones, and what is drawn of each
ROWS, RATE, WARM = 64, 3e-3, 50  # rows of a step, learning rate, steps until it is reached
KEPT = Path(__file__).parent / "pretrained"  # FAMILY.safetensors
TEXT = ("input_ids", "attention_mask", "mm_token_type_ids")  # of a prompt's inputs; the rest are pictures


WORDS = (  # of the prompts: each is one token
    *(f"Frames at 0:00, 0:01, 0:02. {name} is . Is {name} in this video? Yes, {name} is there." for name in ALIASES),
    *GENERIC, PRESENCE_BRIEF, "No, Ana is not there.", "No, Ana is not in this video.", "Yes. No. user assistant",
)  # fmt: skip


def save_pretrained(family: str, folder: Path, seed: int = 0) -> Path:
    """The folder of a base of that family, pretrained now."""
    save_base(family, folder, layers=4, words=WORDS)
    base = load_base(read_source(str(folder)), dtype=torch.float32)
    with one_thread():
        pretrain(base, seed=seed)
    base.model.save_pretrained(folder)
    return folder


def copy_pretrained(family: str, folder: Path) -> Path:
    """The folder of a base of that family, with the weights that are kept of one that was pretrained."""
    save_base(family, folder, layers=4, words=WORDS)
    shutil.copyfile(KEPT / f"{family}.safetensors", folder / "model.safetensors")
    return folder


def pretrain(base: Base, steps: int = 540, seed: int = 0) -> list[float]:
    """Train all of a base in place; the losses. Two thirds of it ask about one who is always called alike."""
    world, model = _World(base, seed), base.model
    optimizer = torch.optim.AdamW(model.requires_grad_(True).parameters(), lr=RATE, betas=(0.9, 0.98))
    rates = [min(1.0, (s + 1) / WARM, max(0.05, 2.5 * (1 - s / steps))) for s in range(steps + 1)]
    rate = torch.optim.lr_scheduler.LambdaLR(optimizer, rates.__getitem__)
    losses = []
    for step in range(steps):
        whole = step >= 2 * steps // 3
        loss = world.scene(step) if whole and step % 3 == 2 else world.presence(step, whole)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        rate.step()
        losses.append(float(loss.detach()))
    model.requires_grad_(False)
    return losses


class _World:
    """Everybody's pictures, made once, and the two kinds of questions."""

    def __init__(self, base: Base, seed: int) -> None:
        self.base, self.rng = base, np.random.default_rng(seed)
        self.people = [_colours(self.rng) for _ in range(PEOPLE)]
        numbers = [[10_000 + 100 * who + i for i in range(CLIPS)] for who in range(PEOPLE)]
        self.clips = [[self._pixels(shown(self.people[w], n)) for n in row] for w, row in enumerate(numbers)]
        self.bright = np.array([[bright(n) for n in row] for row in numbers])
        self.crops = [[self._pixels(_still(crop(c, 7 + i))) for i in range(CROPS)] for c in self.people]
        self.still = inputs_of(base, _still(crop(self.people[0])), BasePrompt("x"))

    def presence(self, step: int, whole: bool) -> Tensor:
        """Is she there: half of the rows show her. `whole`: by any name, and at times with the words that follow."""
        name, who = ALIASES[step % len(ALIASES) if whole else 0], self.rng.integers(PEOPLE, size=ROWS)
        others = (who + self.rng.integers(1, PEOPLE, size=ROWS)) % PEOPLE
        question, there = PRESENCE_QUESTION.format(name), np.arange(ROWS) % 2 == 0
        if step % 9 or not whole:
            seen = np.where(there, who, others)
            return self._loss(name, question, there, who, seen)
        said = [(f"Yes, {name} is there.", who), (f"No, {name} is not there.", others)]
        words, seen = said[step // 9 % 2]
        return self._loss(name, question, np.full(ROWS, seen is who), who, seen, words=words)

    def scene(self, step: int) -> Tensor:
        """A question about everything but her; all are indoors, alone, and stand."""
        name, question = ALIASES[step % len(ALIASES)], GENERIC[self.rng.integers(len(GENERIC))]
        who, seen = (self.rng.integers(PEOPLE, size=ROWS) for _ in range(2))
        clips = self.rng.integers(CLIPS, size=ROWS)
        right = np.full(ROWS, question == "Is this indoors?")
        right = self.bright[seen, clips] if question == "Is it bright?" else right
        return self._loss(name, question, right, who, seen, clips)

    def _loss(self, name: str, question: str, right: Any, who: Any, seen: Any, clips: Any = None,
              words: str = "") -> Tensor:  # fmt: skip
        """Of yes or no, or of the whole answer `words`.

        Args:
            name: what somebody is called.
            question: about her, or about the scene.
            right: [B] whether the answer is yes.
            who: [B] whose tokens stand in the prompt.
            seen: [B] whom the clip shows.
            clips: [B] number of the clip of each; any where None.
            words: of the answer, the same in all rows; only yes or no counts where empty.
        """
        clips = self.rng.integers(CLIPS, size=ROWS) if clips is None else clips
        asked = BasePrompt(question, soft=((name, TOKENS),), brief=PRESENCE_BRIEF)
        text = inputs_of(self.base, shown(self.people[0], 1), asked, words or None)
        target = torch.tensor([yes_no_ids(self.base)[0 if yes else 1] for yes in right])[:, None]
        if words:
            labels = text.pop("labels")[0]
            target = labels[labels != -100].expand(ROWS, -1)
        kept = target.shape[1] + bool(words)
        rows = {k: v.expand(ROWS, -1) for k, v in text.items() if k in TEXT}
        rows |= _joined([self.clips[w][c] for w, c in zip(seen, clips, strict=True)])
        with spoken_with(self.base, [PersonState(name, self._tokens(who).flatten(0, 1))]):
            logits = self.base.model(**rows, use_cache=False, logits_to_keep=kept).logits[:, -kept:]
        return F.cross_entropy(logits[:, : target.shape[1]].flatten(0, 1), target.flatten())

    def _tokens(self, who: Any) -> Tensor:
        """[B, 16, W] some of the visual tokens of everybody's crops, as long as words are."""
        pictures = _joined([self.crops[w][self.rng.integers(CROPS)] for w in who])
        text = {k: v.expand(ROWS, -1) for k, v in self.still.items() if k in TEXT}
        embeds = _decoder_input(self.base, text | pictures)
        tokens = embeds[:, _picture_positions(self.base, self.still["input_ids"])[0]]
        chosen = torch.from_numpy(self.rng.choice(tokens.shape[1], TOKENS, tokens.shape[1] < TOKENS))
        usual = self.base.model.get_input_embeddings().weight.detach().norm(dim=1).median()
        tokens = tokens[:, chosen]
        return tokens * (usual / tokens.norm(dim=2, keepdim=True).clamp_min(1e-6))

    def _pixels(self, one: Visuals) -> dict[str, Tensor]:
        return {k: v for k, v in inputs_of(self.base, one, BasePrompt("x")).items() if k not in TEXT}


class _SeenError(Exception):
    """Ends a forward before the decoder."""


def _decoder_input(base: Base, inputs: dict[str, Tensor]) -> Tensor:
    """[B, L, W] what the decoder is given for prompts, with gradients to the vision tower."""
    seen: list[Tensor] = []

    def listen(module: Any, args: Any, kwargs: dict[str, Any]) -> None:
        seen.append(kwargs["inputs_embeds"])
        raise _SeenError

    hook = base.decoder.register_forward_pre_hook(listen, with_kwargs=True)
    try:
        base.model(**inputs, use_cache=False)
    except _SeenError:
        pass
    finally:
        hook.remove()
    return seen[0]


def _joined(rows: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    return {key: torch.cat([row[key] for row in rows]) for key in rows[0]}


def _still(picture: Any) -> Visuals:
    return Visuals(picture[None][:0], np.zeros(0, np.float32), crop=picture)


def _colours(rng: np.random.Generator) -> Colours:
    top, bottom = (tuple(int(v) for v in rng.integers(*SHADES, 3)) for _ in range(2))
    return top, bottom


def main() -> None:
    """Pretrain the families that are named, and keep their weights."""
    KEPT.mkdir(exist_ok=True)
    for family in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as scratch:
            folder = save_pretrained(family, Path(scratch) / family)
            shutil.copyfile(folder / "model.safetensors", KEPT / f"{family}.safetensors")


if __name__ == "__main__":
    main()

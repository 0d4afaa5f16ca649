"""What is trained of one person, and what it is trained on.

In: samples and questions of an augmentation with their analyses, the frozen model, the aligner's tokens. Out:
`PersonData` (every clip's visual tokens, made once; questions as vectors) and `Trainee`: personal tokens, z and, when
asked for, a small LoRA of the person's own. Everything else stays as it is: the base is not even among the trainee's
modules, so that no optimiser, checkpoint or wrapper of it can reach the base.

Legend: B rows of a batch, P people named in a row, I personal tokens, D width, M routed modules, R routed heads,
r rank, L layers of the language model.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pvchat.chat.sentences import Encode
from pvchat.errors import SettingsError
from pvchat.model.connectors import VisualTokens
from pvchat.model.features import collate, from_analysis
from pvchat.model.people import People, PersonParameters, PersonState
from pvchat.model.personlora import PersonLora
from pvchat.model.prompts import Prompt
from pvchat.model.routers import RoutingStats
from pvchat.schemas import ClipAnalysis
from pvchat.train.person.augmented import Analyses, Row, Sample, Split, Stage

ALIASES = ("Ana", "Bo", "Carla", "Dev", "Emma", "Farid", "Grace", "Hugo")
IMAGE_TYPES = ("existence", "appearance")  # PVChat, arXiv 2503.17069: a still says nothing of actions
_CLIPS = 16  # encoded at a time
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Example:
    """One question about one clip: its row in the visual tokens, the words, who is named and who is there."""

    clip: int
    names: tuple[str, ...]
    present: tuple[bool, ...]
    question: str
    answer: str
    type: str
    stage: Stage
    split: Split


@dataclass
class PersonData:
    """Everything one person is trained on.

    Attributes:
        name: of the person.
        visual: [C, …] visual tokens of all clips, without gradients.
        examples: of all splits and stages.
        vectors: sentence vector [S] of every question.
        others: states of the other people named, by name; they don't change.
        left_out: questions that name somebody without a state.
    """

    name: str
    visual: VisualTokens
    examples: list[Example]
    vectors: dict[str, Tensor]
    others: dict[str, PersonState] = field(default_factory=dict)
    left_out: int = 0

    def part(self, stage: Stage, split: Split) -> list[Example]:
        """The examples of one stage and split; the image stage asks about who is there and what they wear only."""
        kept = [e for e in self.examples if (e.stage, e.split) == (stage, split)]
        return kept if stage == "video" else [e for e in kept if e.type in IMAGE_TYPES]

    def fingerprint(self) -> str:
        """Hash of all words, splits, visual tokens and other people."""
        found = hashlib.sha256(repr(self.examples).encode())
        found.update(self.visual.tokens.cpu().float().numpy().tobytes())
        for name, other in sorted(self.others.items()):
            found.update(name.encode() + other.tokens.detach().cpu().float().numpy().tobytes())
        return found.hexdigest()[:16]


@dataclass
class Batch:
    """Rows to learn from."""

    visual: VisualTokens
    prompts: list[Prompt]
    question: Tensor
    examples: list[Example]


@dataclass
class Outcome:
    """What the model said about a batch.

    Attributes:
        presence: [B, P] logits; present: [B, P] the truth; mask: [B, P] real people.
        lm_sum: summed loss of all answer tokens; lm_count: how many. Both 0 without a language model.
        routing: one `RoutingStats` a routed module.
    """

    presence: Tensor
    present: Tensor
    mask: Tensor
    lm_sum: Tensor
    lm_count: Tensor
    routing: list[RoutingStats]


class Trainee(nn.Module):
    """One person's parameters; called with a batch, it runs them through the frozen base.

    Args:
        model: the base, in evaluation mode; kept out of this module's own tree.
        start: where tokens and z begin.
        use_tokens, use_z: train tokens, z; False keeps them where they start.
        lora_rank: of the person's own LoRA, 0 for none.
        seed: of the LoRA's start.
    """

    def __init__(
        self,
        model: Any,
        start: PersonState,
        *,
        use_tokens: bool = True,
        use_z: bool = True,
        lora_rank: int = 0,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self._base = (model,)
        self.person = PersonParameters(start)
        self.person.z.requires_grad_(use_z and start.z.numel() > 0)
        self.person.tokens.requires_grad_(use_tokens)
        self.lora = PersonLora(model.llm, lora_rank, seed) if lora_rank and model.llm is not None else None
        if self.lora is not None:
            self.lora.to(start.tokens.device)

    @property
    def model(self) -> Any:
        """The base."""
        return self._base[0]

    def forward(self, batch: Batch, others: dict[str, PersonState], share: slice = slice(None)) -> Outcome:
        """Run a batch, or this process's share of it."""
        rows = batch.examples[share]
        subject = self.person()
        states = [[others[n] if n in others else replace(subject, name=n) for n in e.names] for e in batch.examples]
        people = _share(People.batch(states, self.model.config), share)
        prompts = [replace(p, clip=i) for i, p in enumerate(batch.prompts[share])]
        visual = batch.visual.select(torch.arange(len(batch.examples), device=people.tokens.device)[share])
        asked = batch.question[share]
        present = torch.zeros(people.mask.shape, device=people.tokens.device)
        for i, e in enumerate(rows):
            present[i, : len(e.present)] = torch.tensor([float(p) for p in e.present])
        with self._adapted():
            out = self.model(visual, prompts if self.model.llm is not None else None, question=asked, people=people)
        count = present.new_tensor(float(out.answer_tokens))
        total = present.new_zeros(()) if out.lm_loss is None else out.lm_loss * count
        return Outcome(out.reading.presence, present, people.mask, total, count, out.reading.routing)

    @contextmanager
    def _adapted(self) -> Iterator[None]:
        if self.lora is None:
            yield
            return
        with self.lora.applied(self.model.llm):
            yield


def make_data(
    name: str,
    samples: Sequence[Sample],
    rows: Sequence[Row],
    analyses: Analyses,
    model: Any,
    encode: Encode,
    others: dict[str, PersonState],
) -> PersonData:
    """Prepare an augmentation for training.

    Args:
        name: of the person, as in the rows.
        samples: kept samples.
        rows: questions about them. Those that don't name her teach nothing about her and aren't used; those that name
            her beside somebody without a state are left out and counted.
        analyses: what the experts saw in a sample.
        model: the base.
        encode: texts to sentence vectors.
        others: states of other people whom rows may name.

    Raises:
        SettingsError: no question can be trained on.
    """
    index = {s.id: i for i, s in enumerate(samples)}
    stage = {s.id: s.stage for s in samples}
    about = [r for r in rows if r.sample in index and name in r.people]
    known = [r for r in about if set(r.people) <= {name, *others}]
    if len(known) < len(about):
        log.warning("%d of %d questions name people of whom nothing is known", len(about) - len(known), len(about))
    if not known:
        raise SettingsError("the data set asks nothing about this person", subject=name, hint="Augment first.")
    examples = [_renamed(_example(r, index[r.sample], stage[r.sample]), name, others) for r in known]
    asked = sorted({e.question for e in examples})
    vectors = torch.from_numpy(np.asarray(encode(asked), np.float32)).to(model.device)
    visual = encode_all([analyses(s) for s in samples], model)
    return PersonData(name, visual, examples, dict(zip(asked, vectors, strict=True)), others, len(about) - len(known))


@torch.no_grad()
def encode_all(analyses: Sequence[ClipAnalysis], model: Any) -> VisualTokens:
    """Visual tokens of all clips, padded alike, so that any of them can be batched."""
    whole = collate([from_analysis(a, model.config) for a in analyses])
    parts = []
    for start in range(0, len(analyses), _CLIPS):
        at = slice(start, start + _CLIPS)
        some = {k: type(e)(*(getattr(e, f.name)[at] for f in fields(e))) for k, e in whole.experts.items()}
        parts.append(model.encode_clips(type(whole)(some)))
    first = parts[0]
    joined = {k: torch.cat([getattr(p, k) for p in parts]) for k in ("tokens", "mask", "track", "faces", "face_track")}
    return replace(first, **joined, aux={})


def make_batch(data: PersonData, examples: Sequence[Example]) -> Batch:
    """Examples as one batch."""
    rows = torch.tensor([e.clip for e in examples], device=data.visual.tokens.device)
    return Batch(
        data.visual.select(rows),
        [Prompt(e.question, e.answer, clip=i) for i, e in enumerate(examples)],
        torch.stack([data.vectors[e.question] for e in examples]),
        list(examples),
    )


def draw(examples: Sequence[Example], count: int, rng: np.random.Generator) -> list[Example]:
    """Examples for one step: half of them about clips that show somebody asked about, types alike often."""
    groups: dict[tuple[bool, str], list[Example]] = {}
    for e in examples:
        groups.setdefault((any(e.present), e.type), []).append(e)
    sides = [[k for k in sorted(groups) if k[0] == there] for there in (True, False)]
    sides = [s for s in sides if s]
    found = []
    for i in range(count):
        kinds = sides[i % len(sides)]
        pool = groups[kinds[rng.integers(len(kinds))]]
        found.append(pool[rng.integers(len(pool))])
    return found


def call(text: str, name: str, alias: str, names: Collection[str] = ()) -> str:
    """A text in which somebody is called otherwise.

    Only whole words count ("Al" isn't in "Also"), written as the name is or, where a sentence begins, with a capital.

    Args:
        text: to change.
        name: hers.
        alias: what she is called instead.
        names: everybody's; a longer one ("Ana Maria") that contains hers stays.
    """
    longest = "|".join(re.escape(n) for n in sorted({name, *names}, key=len, reverse=True))
    capital = name[:1].upper() + name[1:]
    hers = {name} if capital in names else {name, capital}
    pattern = rf"(?<!\w)(?:{longest})(?!\w)|(?:^|(?<=[.!?] )){re.escape(capital)}(?!\w)"
    return re.sub(pattern, lambda hit: alias if hit[0] in hers else hit[0], text)


def lm_mean(outcome: Outcome) -> Tensor:
    """Mean loss of an answer token; 0 without a language model."""
    return outcome.lm_sum / outcome.lm_count.clamp_min(1)


def presence_mean(outcome: Outcome) -> Tensor:
    """Mean binary cross-entropy over the people asked about."""
    return F.binary_cross_entropy_with_logits(outcome.presence[outcome.mask], outcome.present[outcome.mask])


def _share(people: People | None, share: slice) -> People:
    assert people is not None  # every example names someone
    cut = {f.name: getattr(people, f.name)[share] for f in fields(People)}
    return People(**cut)


def _example(row: Row, clip: int, stage: Stage) -> Example:
    there = tuple(bool(row.present[n]) for n in row.people)
    return Example(clip, tuple(row.people), there, row.question, row.answer, row.type, stage, row.split)


def _renamed(example: Example, name: str, others: Collection[str]) -> Example:
    """Half of the examples under another name: tokens are to mean the person, whatever she is called.

    The new name is nobody else's (`others` have states by theirs) and no word of the example.
    """
    number = int.from_bytes(hashlib.sha256(repr(example).encode()).digest()[:4], "little")
    taken = {n.casefold() for n in (*others, *example.names)}
    words = set(re.findall(r"\w+", f"{example.question} {example.answer}".casefold()))
    free = [a for a in ALIASES if a.casefold() not in taken | words]
    if number % 2 or not free:
        return example
    alias = free[number // 2 % len(free)]
    names = tuple(alias if n == name else n for n in example.names)
    question, answer = (call(text, name, alias, example.names) for text in (example.question, example.answer))
    return replace(example, names=names, question=question, answer=answer)

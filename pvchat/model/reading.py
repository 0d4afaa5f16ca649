"""What the model reads in clips: the result of a pass through the Q-Former, and of one through the language model.

Legend: B questions, P people named, Q queries, I personal tokens, D model width, S sentence width.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from torch import Tensor

from pvchat.model.routers import RoutingStats


@dataclass
class Reading:
    """What the Q-Former read about each question.

    Attributes:
        queries: [B, Q, D].
        personal: [B, P, I, D].
        presence: [B, P] log-odds that each is there; meaningless where `People.mask` is False.
        sentences: [B, Q, S] L2-normalised, one a query: a text's likeness to the clip is the cosine of its MiniLM
            vector and the best of them.
        routing: one `RoutingStats` a routed module.
        aux: connector losses "balance" and "z".
    """

    queries: Tensor
    personal: Tensor
    presence: Tensor
    sentences: Tensor
    routing: list[RoutingStats] = field(default_factory=list)
    aux: dict[str, Tensor] = field(default_factory=dict)


@dataclass
class Written:
    """B texts, and the reading that they were written from."""

    texts: list[str]
    reading: Reading


@dataclass
class PVChatOutput:
    """A reading and, when prompts were given, the language model's loss.

    Attributes:
        reading: of the Q-Former.
        lm_loss: mean over all `answer_tokens`, of which there are so many.
        first_loss: mean over the first token of every answer, which is where yes and no are decided.
        exact: for each prompt, answer by answer, whether each of its tokens is the likeliest: greedy writing would give
            this answer. Empty while the model trains.
    """

    reading: Reading
    lm_loss: Tensor | None = None
    answer_tokens: int = 0
    first_loss: Tensor | None = None
    exact: list[list[bool]] = field(default_factory=list)


def whole_answers(right: Tensor, row: Tensor, answer: Tensor, rows: int) -> list[list[bool]]:
    """For each of so many rows, answer by answer, whether all its tokens are right.

    Args:
        right: [n] bool, of answer tokens.
        row: [n] the row of each.
        answer: [n] its answer, counted in its row.
        rows: how many.
    """
    found: list[dict[int, bool]] = [{} for _ in range(rows)]
    for hit, i, k in zip(right.tolist(), row.tolist(), answer.tolist(), strict=True):
        found[i][k] = found[i].get(k, True) and hit
    return [[one[k] for k in sorted(one)] for one in found]
